use super::*;

#[test]
fn every_byte_is_drawn() {
    // 64 draws leave a byte at zero with a chance of 2^-512.
    let mut seen = [0_u8; 100];
    for _ in 0..64 {
        let mut out = [0_u8; 100];
        assert_eq!(OpenSslRng.fill(&mut out), Ok(()));
        for (seen, byte) in seen.iter_mut().zip(out) {
            *seen |= byte;
        }
    }
    assert!(seen.iter().all(|byte| *byte != 0));
}
