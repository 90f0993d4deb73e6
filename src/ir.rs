//! The intermediate representation: one [`Program`] a print-out, flat arenas, typed `u32` ids.
//!
//! What is here knows neither the text a program was read from nor what its primitives mean. Types, parameters
//! and literals are interned, so that equality is a comparison of ids; spans live in a side table and are empty
//! for new equations. A nested jaxpr is a [`Block`] that never refers to variables of the blocks around it.

mod consts;
mod dtype;
mod equal;
mod format;
mod id;
mod name;
mod param;
mod program;
mod symbol;
mod types;
mod validate;

pub(crate) use consts::{blocks_with_consts, inner_constvars};
pub use dtype::{DType, DTypeClass};
pub use equal::equal;
pub(crate) use format::{Format, round_to};
pub use id::{Arena, Id, Interner};
pub use name::{VarName, VarNames};
pub use param::{CallArgument, IndexPart, JaxprRef, ParamValue, Params};
pub use program::{
    Atom, Block, BlockId, CommentStyle, Definition, Eqn, EqnId, EqnNotes, Listing, ListingId, Literal,
    LiteralId, LiteralValue, ParamsId, Program, Range32, TypeId, Value, ValueId,
};
pub use symbol::{Symbol, Symbols};
pub use types::{ArrayType, Dim, Type};
pub use validate::{InvalidIr, validate};
