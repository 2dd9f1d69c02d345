//! Bounds on what the engine keeps and accepts.
