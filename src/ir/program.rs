//! One print-out as flat arenas.

use rustc_hash::FxHashMap;

use super::id::{Arena, Id, Interner, define_ids};
use super::name::VarName;
use super::param::{ParamValue, Params};
use super::symbol::{Symbol, Symbols};
use super::types::Type;
use crate::span::Span;

define_ids! {
    /// An equation.
    EqnId
    /// A variable.
    ValueId
    /// A jaxpr.
    BlockId
    /// A type.
    TypeId
    /// The parameters of an equation.
    ParamsId
    /// A literal.
    LiteralId
    /// A print-out: definitions and a main jaxpr.
    ListingId
}

/// A range of elements of one of the program's vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range32 {
    /// Index of the first element.
    pub start: u32,
    /// Number of elements.
    pub len: u32,
}

impl Range32 {
    /// The range as indices.
    pub fn indices(self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

/// An operand or a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Atom {
    /// A variable.
    Value(ValueId),
    /// A literal.
    Literal(LiteralId),
}

impl Atom {
    /// The variable, if it is one.
    pub fn value(self) -> Option<ValueId> {
        match self {
            Self::Value(value) => Some(value),
            Self::Literal(_) => None,
        }
    }

    /// The literal, if it is one.
    pub fn literal(self) -> Option<LiteralId> {
        match self {
            Self::Literal(literal) => Some(literal),
            Self::Value(_) => None,
        }
    }
}

/// A variable: bound by an equation, or an input of its block.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// Unique only inside its block, as in the print-out.
    pub name: VarName,
    /// Its type.
    pub ty: TypeId,
}

/// A literal keeps its text beside its value, because JAX prints more than one text for a number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Literal {
    /// The number as printed, without its type.
    pub text: Symbol,
    /// The number.
    pub value: LiteralValue,
    /// Its type; releases before 0.6 do not print it and it may not be known.
    pub ty: Option<TypeId>,
    /// Whether the type is printed.
    pub typed: bool,
}

/// The number that a literal stands for. Floats are kept as bits, so that literals can be compared and hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LiteralValue {
    /// `True`, `False`.
    Bool(bool),
    /// An integer.
    Int(i128),
    /// The bits of the double that was printed.
    Float(u64),
    /// The bits of the two doubles of a complex number.
    Complex(u64, u64),
    /// A literal that is not a number, such as `[...]`.
    Opaque,
}

impl LiteralValue {
    /// A float literal.
    pub fn float(value: f64) -> Self {
        Self::Float(value.to_bits())
    }

    /// The number as a double, for real literals.
    pub fn as_f64(self) -> Option<f64> {
        match self {
            Self::Bool(value) => Some(f64::from(u8::from(value))),
            #[expect(
                clippy::cast_precision_loss,
                reason = "a literal beyond 2^53 is compared as the nearest double"
            )]
            Self::Int(value) => Some(value as f64),
            Self::Float(bits) => Some(f64::from_bits(bits)),
            Self::Complex(..) | Self::Opaque => None,
        }
    }
}

/// An equation: `outputs = primitive[params] inputs`.
#[derive(Clone, Copy, Debug)]
pub struct Eqn {
    /// Name of the primitive.
    pub primitive: Symbol,
    /// Its parameters.
    pub params: ParamsId,
    /// Operands, a range of [`Program::operands`].
    pub inputs: Range32,
    /// Variables bound, a range of [`Program::results`].
    pub outputs: Range32,
}

/// A jaxpr: `{ lambda consts; inputs. let eqns in outputs }`.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// Constvars.
    pub consts: Vec<ValueId>,
    /// Invars.
    pub inputs: Vec<ValueId>,
    /// Equations in order of evaluation.
    pub eqns: Vec<EqnId>,
    /// Results.
    pub outputs: Vec<Atom>,
    /// What stands between the braces behind the results under `print_effects=True`.
    pub effects: Option<Symbol>,
}

/// `let name = { … } in`: a jaxpr that equations refer to by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The name, in a name space of its own.
    pub name: Symbol,
    /// What it names.
    pub block: BlockId,
}

/// Definitions and a main jaxpr.
#[derive(Clone, Debug)]
pub struct Listing {
    /// In printed order; a definition may refer to a later one.
    pub definitions: Vec<Definition>,
    /// The jaxpr behind them.
    pub main: BlockId,
}

/// What the comments behind an equation say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EqnNotes {
    /// `train.py:12:8 (loss)`, without the `# `.
    pub source: Option<Symbol>,
    /// `transpose(jvp(head))`, without its brackets.
    pub name_stack: Option<Symbol>,
}

impl EqnNotes {
    /// The source as a text; a comment in which nothing stands names no line.
    pub fn source_text(self, symbols: &Symbols) -> Option<String> {
        let source = symbols.text(self.source?);
        (!source.is_empty()).then(|| source.to_owned())
    }
}

/// How releases lay out comments; all that the text shows of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommentStyle {
    /// Whether equations that carry comments may share a line (JAX ≥ 0.6).
    pub flat: bool,
    /// Whether all comments of such a line stand on it, and not below one another (JAX 0.6 to 0.9).
    pub joined: bool,
}

/// One print-out.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// Interned strings.
    pub symbols: Symbols,
    /// Interned types.
    pub types: Interner<TypeId, Type>,
    /// Interned parameters.
    pub params: Interner<ParamsId, Params>,
    /// Interned literals.
    pub literals: Interner<LiteralId, Literal>,
    /// Variables.
    pub values: Arena<ValueId, Value>,
    /// Equations.
    pub eqns: Arena<EqnId, Eqn>,
    /// Jaxprs.
    pub blocks: Arena<BlockId, Block>,
    /// Print-outs: the outermost, and those inside values printed by `str()`.
    pub listings: Arena<ListingId, Listing>,
    /// Operands of all equations.
    pub operands: Vec<Atom>,
    /// Variables bound by all equations.
    pub results: Vec<ValueId>,
    /// The outermost print-out.
    pub root: Option<ListingId>,
    /// Where equations stand in the source; empty for new ones, and shorter than `eqns` once some were added.
    pub spans: Vec<Span>,
    /// Comments, for the equations that carry some.
    pub notes: FxHashMap<EqnId, EqnNotes>,
    /// Whether equations without outputs are printed with an equals sign (JAX ≤ 0.4.13).
    pub bare_equals: bool,
    /// How comments are laid out.
    pub comments: CommentStyle,
    /// Reads of `_` that the text does not resolve: stand-ins that no equation binds.
    pub unresolved: Vec<ValueId>,
}

impl Program {
    /// The operands of an equation.
    pub fn inputs(&self, eqn: EqnId) -> &[Atom] {
        &self.operands[self.eqns[eqn].inputs.indices()]
    }

    /// The variables that an equation binds.
    pub fn outputs(&self, eqn: EqnId) -> &[ValueId] {
        &self.results[self.eqns[eqn].outputs.indices()]
    }

    /// The name of an equation's primitive.
    pub fn primitive(&self, eqn: EqnId) -> &str {
        self.symbols.text(self.eqns[eqn].primitive)
    }

    /// The parameters of an equation.
    pub fn params(&self, eqn: EqnId) -> &Params {
        &self.params[self.eqns[eqn].params]
    }

    /// The parameter of an equation that is called `key`.
    pub fn param(&self, eqn: EqnId, key: &str) -> Option<&ParamValue> {
        self.params(eqn).get(self.symbols.get(key)?)
    }

    /// What messages call an equation that runs jaxprs: `jit:loss`, `scan`.
    pub fn call_name(&self, eqn: EqnId) -> String {
        let primitive = self.primitive(eqn);
        match self.param(eqn, "name") {
            Some(ParamValue::Text(name)) => format!("{primitive}:{}", self.symbols.text(*name)),
            _ => primitive.to_owned(),
        }
    }

    /// The type of a variable.
    pub fn type_of(&self, value: ValueId) -> &Type {
        &self.types[self.values[value].ty]
    }

    /// The type of an operand; `None` for a literal printed without one.
    pub fn atom_type_id(&self, atom: Atom) -> Option<TypeId> {
        match atom {
            Atom::Value(value) => Some(self.values[value].ty),
            Atom::Literal(literal) => self.literals[literal].ty,
        }
    }

    /// The type of an operand; `None` for a literal printed without one.
    pub fn atom_type(&self, atom: Atom) -> Option<&Type> {
        self.atom_type_id(atom).map(|ty| &self.types[ty])
    }

    /// The name of a variable as text.
    pub fn name(&self, value: ValueId) -> String {
        self.values[value].name.text(&self.symbols)
    }

    /// Where an equation stands in the source; empty for a new one.
    pub fn span(&self, eqn: EqnId) -> Span {
        self.spans.get(eqn.index()).copied().unwrap_or_default()
    }

    /// The outermost jaxpr.
    ///
    /// # Panics
    /// If the program was not made by lowering, which always sets `root`.
    pub fn main(&self) -> BlockId {
        self.listings[self.root.expect("lowering sets the root")].main
    }

    /// Adds an equation to the arena; the caller puts it into a block's order.
    pub fn add_eqn(
        &mut self,
        primitive: Symbol,
        params: ParamsId,
        inputs: &[Atom],
        outputs: &[ValueId],
    ) -> EqnId {
        let inputs = append(&mut self.operands, inputs);
        let outputs = append(&mut self.results, outputs);
        self.eqns.push(Eqn {
            primitive,
            params,
            inputs,
            outputs,
        })
    }

    /// Gives an equation other operands, of any number.
    pub fn set_inputs(&mut self, eqn: EqnId, inputs: &[Atom]) {
        self.eqns[eqn].inputs = append(&mut self.operands, inputs);
    }

    /// Lets an equation bind other variables, of any number.
    pub fn set_outputs(&mut self, eqn: EqnId, outputs: &[ValueId]) {
        self.eqns[eqn].outputs = append(&mut self.results, outputs);
    }

    /// Adds a variable.
    pub fn add_value(&mut self, name: VarName, ty: TypeId) -> ValueId {
        self.values.push(Value { name, ty })
    }

    /// Bytes of the IR that grow with the number of equations (interned tables and spans included).
    pub fn bytes(&self) -> usize {
        let blocks: usize = self
            .blocks
            .iter()
            .map(|(_, block)| block.eqns.capacity() * size_of::<EqnId>())
            .sum();
        self.values.shallow_bytes()
            + self.eqns.shallow_bytes()
            + self.blocks.shallow_bytes()
            + blocks
            + self.operands.capacity() * size_of::<Atom>()
            + self.results.capacity() * size_of::<ValueId>()
            + self.spans.capacity() * size_of::<Span>()
    }
}

fn append<T: Copy>(all: &mut Vec<T>, new: &[T]) -> Range32 {
    let range = Range32 {
        start: all.len() as u32,
        len: new.len() as u32,
    };
    all.extend_from_slice(new);
    range
}
