//! How the rules of the grammar are called when what they read is expected and missing.
//!
//! Rules that only begin with other rules are hidden: what they begin with says it. Tests: `tests.rs`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::Rule;

/// What a rule is to an analyst.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symbol {
    /// A word to be typed as it is.
    Word(&'static str),
    /// A thing, with its article.
    Thing(&'static str),
    /// A word that may go on after a value; said only where nothing else is expected.
    GoesOn(&'static str),
    /// A sign that may go on after a value, likewise.
    Sign(&'static str),
    /// A unit of time, after a number.
    Unit,
    /// The end of the line.
    End,
    /// Nothing to say: what it begins with says it.
    Hidden,
}

static WORDS: LazyLock<HashMap<Rule, String>> = LazyLock::new(|| {
    let named = Rule::all_rules().iter().map(|rule| (*rule, format!("{rule:?}")));
    named.filter_map(|(rule, name)| Some((rule, name.strip_prefix("kw_")?.to_owned()))).collect()
});

/// Words that go on with an expression. They are expected after nearly every value, so saying so helps nobody.
const CONTINUES: &[Rule] = &[Rule::kw_and, Rule::kw_or, Rule::kw_is, Rule::kw_in, Rule::kw_not, Rule::kw_between, Rule::kw_has, Rule::kw_where];

/// What a rule is to an analyst.
pub(super) fn symbol(rule: Rule) -> Symbol {
    match WORDS.get(&rule) {
        Some(word) if CONTINUES.contains(&rule) => Symbol::GoesOn(word),
        Some(word) => Symbol::Word(word),
        None => thing(rule).map_or_else(|| unnamed(rule), Symbol::Thing),
    }
}

fn thing(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::comma => "`,`",
        Rule::colon => "`:`",
        Rule::close_paren => "`)`",
        Rule::name => "a name",
        Rule::name_list => "names with commas",
        Rule::label | Rule::text | Rule::text_flat | Rule::habit_quotes_label | Rule::habit_text => "a text in double quotes",
        Rule::integer => "a whole number",
        Rule::number | Rule::row_number | Rule::value_number => "a number",
        Rule::date | Rule::value_date => "a date such as `2026-01-31`",
        Rule::time_of_day => "a time of day such as `09:30`",
        Rule::duration => "a duration such as `2 working days`",
        Rule::arrow | Rule::habit_arrow | Rule::habit_to | Rule::habit_no_arrow => "`->`",
        Rule::assign | Rule::habit_assign | Rule::field_default | Rule::with_value => "`=`",
        Rule::optional_mark => "`?`",
        Rule::type_expr | Rule::type_record | Rule::type_yes_no | Rule::type_choice | Rule::type_name => "a type",
        Rule::type_list => "`list of`",
        Rule::typed_name => "a field such as `name: type`",
        Rule::bin_at | Rule::role_at | Rule::issue_at | Rule::when_at => "`at`",
        Rule::calendar_days => "weekdays such as `monday to saturday`",
        Rule::calendar_hours => "hours such as `09:30 to 18:30`",
        Rule::calendar_except => "`except`",
        Rule::document_number => "`number`",
        Rule::document_reverse => "`reverse`",
        Rule::rule_params => "parameters in parentheses",
        Rule::on_hand_in | Rule::in_pool => "`in`",
        Rule::workflow_version => "`version`",
        Rule::party_kind => "a kind of party",
        Rule::state_initial => "`initial`",
        Rule::state_final => "`final`",
        Rule::state_deadline | Rule::obligation_within => "`within`",
        Rule::deadline_notify => "`else notify ROLE`",
        Rule::from_states | Rule::to_states => "states",
        Rule::head_by | Rule::obligation_by | Rule::opens_by => "`by`",
        Rule::head_not_by => "`not by whoever did`",
        Rule::head_approval => "`after approval by`",
        Rule::head_after | Rule::head_moment | Rule::moment_over => "`after`",
        Rule::moment_in => "`in`",
        Rule::approval_other => "`other than whoever did`",
        Rule::head_once => "`at once`",
        Rule::head_event => "`on event`",
        Rule::head_arrival => "`on arrival in`",
        Rule::arrival_first => "`first by`",
        Rule::migrate_keep => "`keep deadlines`",
        Rule::when_suffix | Rule::habit_if => "`when`",
        Rule::where_suffix => "`where`",
        Rule::ask_lines | Rule::start_lines | Rule::with_lines => "`lines`",
        Rule::ask_optional => "`optional`",
        Rule::else_sentence => "`else`",
        Rule::else_code => "`code`",
        Rule::quantity | Rule::quantity_exact | Rule::amount => "a quantity",
        Rule::quantity_all => "`all`",
        Rule::quantity_up_to => "`up to`",
        Rule::move_from | Rule::issue_from => "`from`",
        Rule::move_to | Rule::obligation_to | Rule::issue_to => "`to`",
        Rule::place | Rule::code_place => "a place such as `asp.available`",
        Rule::choosing => "`choosing`",
        Rule::choosing_serials => "`serials`",
        Rule::choosing_lots => "`lots`",
        Rule::choosing_rule => "a rule",
        Rule::counting => "`counting`",
        Rule::as_new_lot => "`as new lot`",
        Rule::as_clause | Rule::obligation_as | Rule::query_as => "`as`",
        Rule::as_owner => "`owner`",
        Rule::as_pool => "`pool`",
        Rule::as_condition => "a condition",
        Rule::with_fields | Rule::start_with | Rule::with_items | Rule::started_with => "`with`",
        Rule::with_field | Rule::start_fields | Rule::with_word | Rule::row_list | Rule::with_row => "a field",
        Rule::obligation_rate => "`rate`",
        Rule::issue_reverse => "`with reverse`",
        Rule::claim_released => "`released in`",
        Rule::expr
        | Rule::operand
        | Rule::choice
        | Rule::primary
        | Rule::paren
        | Rule::yes
        | Rule::no
        | Rule::name_ref
        | Rule::call
        | Rule::lines_has
        | Rule::any_line
        | Rule::sum_of
        | Rule::count_of
        | Rule::has
        | Rule::q_on_hand
        | Rule::q_inbound
        | Rule::q_quantity
        | Rule::q_held
        | Rule::q_value
        | Rule::q_limit
        | Rule::q_rate
        | Rule::q_offers
        | Rule::q_owed
        | Rule::q_open
        | Rule::q_person
        | Rule::q_started
        | Rule::q_today
        | Rule::q_now
        | Rule::with_value_list
        | Rule::row_values
        | Rule::value => "a value",
        Rule::limit_of => "`of`",
        Rule::code => "a code such as `PCB-220`",
        Rule::given_master => "`master`",
        Rule::given_stock | Rule::then_stock => "`stock at`",
        Rule::given_fact => "a kind of master data such as `part`",
        Rule::when_person => "a person",
        Rule::when_key => "`keyed`",
        Rule::when_opens => "`opens`",
        Rule::with_for => "`for`",
        Rule::when_fires => "`fires`",
        Rule::with_line => "`line`",
        Rule::rows | Rule::row => "a row such as `PCB-220 4`",
        Rule::row_word => "a word with its value",
        Rule::then_refused => "`refused`",
        Rule::then_nothing => "`nothing changed`",
        Rule::then_books => "`books balance`",
        Rule::then_obligations => "`obligations of`",
        Rule::owed_row => "a row such as `PCB-220 1 defective_return`",
        Rule::owed_kind => "a kind of obligation",
        Rule::then_line | Rule::then_paper | Rule::then_started | Rule::then_has | Rule::then_state => "what must hold",
        Rule::paper_number => "`numbered`",
        Rule::paper_state => "`open` or `closed`",
        Rule::close_hole => "`}`",
        _ => return None,
    })
}

fn unnamed(rule: Rule) -> Symbol {
    match rule {
        Rule::EOI => Symbol::End,
        Rule::op_or
        | Rule::op_and
        | Rule::op_is_not
        | Rule::op_greater_equal
        | Rule::op_less_equal
        | Rule::op_is
        | Rule::op_less
        | Rule::op_greater
        | Rule::op_add
        | Rule::op_subtract
        | Rule::op_multiply
        | Rule::op_divide
        | Rule::tail_between
        | Rule::tail_choice
        | Rule::tail_in => Symbol::Sign("a sign such as `+`"),
        Rule::property => Symbol::Sign("`.` and a name"),
        Rule::open_paren | Rule::call_args => Symbol::Sign("`(`"),
        Rule::unit_day | Rule::unit_hour | Rule::unit_minute | Rule::unit_week | Rule::unit_working | Rule::duration_unit => Symbol::Unit,
        _ => Symbol::Hidden,
    }
}
