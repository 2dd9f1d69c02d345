//! The questions to an application's policy.
