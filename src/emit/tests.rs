//! What emission does to single equations.
