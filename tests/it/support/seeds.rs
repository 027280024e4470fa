//! Seeds of random tests: the same each time, so that a failure is a change's own; or one that is asked for.

/// The seed of `BINCARD_SEED=n`, a new one for `BINCARD_SEED=new`, which is told so that it can be had again; else the fixed
/// ones.
pub fn seeds(fixed: &[u64]) -> Vec<u64> {
    match std::env::var("BINCARD_SEED").as_deref() {
        Err(_) => fixed.to_vec(),
        Ok("new") => {
            let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_nanos();
            let new = u64::try_from(nanos / 1_000 % 1_000_000_000).expect("small");
            println!("a new seed: BINCARD_SEED={new} has the same again");
            vec![new]
        }
        Ok(given) => vec![given.parse().expect("BINCARD_SEED is a number or `new`")],
    }
}

/// A seed as wide as a generator of random numbers wants it.
pub fn wide(seed: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, n) in bytes.chunks_mut(8).zip(0_u64..) {
        chunk.copy_from_slice(&seed.wrapping_add(n).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
    }
    bytes
}
