//! Slips that lose parts, duties or papers: one line of one transition of a shipped flow is forgotten or written wrongly.

/// A slip.
pub struct Slip {
    /// The workflow, and its file.
    pub workflow: &'static str,
    /// The transition, as its head begins.
    pub within: &'static str,
    /// What is written there.
    pub written: &'static str,
    /// What stands there instead.
    pub instead: &'static str,
    /// The code that the proof must tell.
    pub code: &'static str,
}

pub const SLIPS: &[Slip] = &[
    Slip { workflow: "transfer", within: "transition ship:", written: "    each line { move all of part from donor.reserved to donor.transit }\n", instead: "", code: "leak" },
    Slip { workflow: "transfer", within: "transition decline:", written: "    each line { move all of part from donor.reserved to donor.available }\n", instead: "", code: "leak" },
    Slip { workflow: "transfer", within: "transition withdraw:", written: "    each line { move all of part from donor.reserved to donor.available }\n", instead: "", code: "leak" },
    Slip { workflow: "transfer", within: "transition receive:", written: "    become short when any line has received < given\n", instead: "", code: "leak" },
    Slip { workflow: "transfer", within: "transition receive:", written: "become short when any line has received < given", instead: "become short when any line has received is 0 and given > 0", code: "leak" },
    Slip { workflow: "transfer", within: "transition found:", written: "    each line { move all of part from donor.transit to asp.available }\n", instead: "", code: "leak" },
    Slip { workflow: "transfer", within: "transition lost:", written: "      move all of part from donor.transit to lost\n", instead: "", code: "leak" },
    Slip { workflow: "disposition", within: "transition repaired:", written: "      move all  of part from store.bench to store.defectives\n", instead: "", code: "leak" },
    Slip { workflow: "disposition", within: "transition scrapped:", written: "    each line { move all of part from store.bench to scrap }\n", instead: "", code: "leak" },
    Slip { workflow: "disposition", within: "transition refuse:", written: "proposed -> refused", instead: "proposed or approved -> refused", code: "leak" },
    Slip { workflow: "delivery", within: "transition fit:", written: "      settle used of part as unused_return by customer\n", instead: "", code: "leak-obligation" },
    Slip { workflow: "delivery", within: "transition fit:", written: "      set owing = owing + used when cover.collect\n", instead: "", code: "leak-obligation" },
    Slip { workflow: "delivery", within: "transition close:", written: "    require every line has owing is 0 else \"Old parts are still to come back.\" code old_parts_open\n", instead: "", code: "leak-obligation" },
    Slip { workflow: "delivery", within: "transition close:", written: "    close reverse of customer_challan\n", instead: "", code: "leak-reverse" },
    Slip { workflow: "delivery", within: "transition charge:", written: "      move in_hand of part from customer.site to fitted\n", instead: "", code: "leak" },
    Slip { workflow: "delivery", within: "transition charge:", written: "      debit owing of part as defective_return by customer\n", instead: "", code: "leak-obligation" },
    Slip { workflow: "delivery", within: "transition waive:", written: "      waive owing of part as defective_return by customer\n", instead: "", code: "leak-obligation" },
    Slip { workflow: "delivery", within: "transition take_in:", written: "      settle all of part as unused_return by customer\n", instead: "", code: "leak-obligation" },
    Slip { workflow: "delivery", within: "transition take_in:", written: "      move all of part from asp.transit to asp.available when not look.check\n", instead: "", code: "leak" },
    Slip { workflow: "delivery", within: "transition return_unused:", written: "      settle unused + opened of part as unused_return by customer\n", instead: "", code: "leak-obligation" },
    Slip { workflow: "claim", within: "transition given_back:", written: "      move all of part from asp.transit to variance when kind is excess\n", instead: "", code: "leak" },
    Slip { workflow: "claim", within: "transition given_back:", written: "      move all of part from asp.transit to warehouse.available when kind is swapped\n", instead: "", code: "leak" },
    Slip { workflow: "shipment", within: "transition take_back:", written: "    each line { move all of part from warehouse.transit to warehouse.blocked }\n", instead: "", code: "leak" },
    Slip { workflow: "shipment", within: "transition complete:", written: "    become discrepant when surprises or any line has received < quantity\n", instead: "", code: "leak" },
    Slip { workflow: "shipment", within: "transition unpack:", written: "    each line { move all of part from warehouse.packed to warehouse.available }\n", instead: "", code: "leak" },
    Slip { workflow: "shipment", within: "transition close:", written: "    require all started are ended else \"Claims on this shipment are still open.\" code claims_open\n", instead: "", code: "leak" },
    Slip { workflow: "shipment", within: "transition complete:", written: "      start claim with asp, warehouse, pool, kind = short, lines part, quantity = short when short > 0\n", instead: "", code: "leak" },
    Slip { workflow: "shipment", within: "transition complete:", written: "      start claim with asp, warehouse, pool, kind = damaged, lines part, quantity = damaged when damaged > 0\n", instead: "", code: "leak" },
    Slip { workflow: "shipment", within: "transition refuse:", written: "    require no line has received + damaged > 0 else \"A part of it has been counted: complete the count.\"\n", instead: "", code: "leak" },
    Slip { workflow: "shipment", within: "transition declare_lost:", written: "    each line { start claim with asp, warehouse, pool, kind = short, lines part, quantity }\n", instead: "", code: "leak" },
    Slip { workflow: "ship_to_store", within: "transition withdraw:", written: "      move all of part from warehouse.reserved to warehouse.available\n", instead: "", code: "leak" },
    Slip { workflow: "ship_to_store", within: "transition short_close:", written: "      move all of part from warehouse.picked to warehouse.available\n", instead: "", code: "leak" },
    Slip { workflow: "ship_to_store", within: "transition short_close:", written: "      move all of part from warehouse.reserved to warehouse.available\n", instead: "", code: "leak" },
    Slip { workflow: "ship_to_store", within: "transition expire:", written: "      move all of part from warehouse.reserved to warehouse.available\n", instead: "", code: "leak" },
    Slip { workflow: "return_to_warehouse", within: "transition reject:", written: "      move all of part from asp.setaside to asp.available when place is shelf\n", instead: "", code: "leak" },
    Slip { workflow: "return_to_warehouse", within: "transition expire:", written: "      move all of part from asp.setaside to asp.available when place is shelf\n", instead: "", code: "leak" },
    Slip { workflow: "return_to_warehouse", within: "transition recall:", written: "      move all of part from asp.setaside to asp.defectives when place is defectives\n", instead: "", code: "leak" },
    Slip { workflow: "return_to_warehouse", within: "transition take_home:", written: "      move all of part from asp.transit to asp.available when place is shelf\n", instead: "", code: "leak" },
    Slip { workflow: "return_to_warehouse", within: "transition declare_lost:", written: "      move all of part from asp.transit to lost\n", instead: "", code: "leak" },
    Slip { workflow: "receipt_correction", within: "transition close:", written: "    require all started are ended else \"The claim on this receipt is still open.\" code claims_open\n", instead: "", code: "leak" },
    Slip { workflow: "receipt_correction", within: "transition confirm:", written: "      start claim with asp, warehouse, pool, kind = short, lines part, quantity\n", instead: "", code: "leak" },
    Slip { workflow: "indent", within: "transition cancel:", written: "      move all of part from asp.reserved to asp.available\n", instead: "", code: "leak" },
    Slip { workflow: "indent", within: "transition cancel:", written: "      move all of part from asp.picked to asp.available\n", instead: "", code: "leak" },
];
