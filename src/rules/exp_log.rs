//! Rules about exponentials and logarithms that are written in Rust.

mod logsumexp_pieces;

pub(super) use logsumexp_pieces::LogsumexpPieces;
