//! Group state and its transitions.
