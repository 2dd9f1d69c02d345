//! What the engine needs from outside: crypto, signers, randomness and the time.
