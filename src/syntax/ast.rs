//! The syntax tree: slices of the text, in flat vectors where there may be millions of them.

use crate::span::Span;

/// A range of one of the tree's vectors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// Index of the first element.
    pub start: u32,
    /// Number of elements.
    pub len: u32,
}

impl Slice {
    /// The range as indices.
    pub fn indices(self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

/// Everything read from one text.
#[derive(Debug, Default)]
pub struct Ast<'a> {
    /// The outermost print-outs, one after another.
    pub listings: Vec<Listing<'a>>,
    /// Binders of all jaxprs and equations.
    pub binders: Vec<Binder<'a>>,
    /// Operands of all equations, and results of all jaxprs.
    pub operands: Vec<Operand<'a>>,
    /// Whether an equation without outputs starts with `=` (JAX ≤ 0.4.13).
    pub bare_equals: bool,
    /// Whether equations that carry comments share a line (JAX ≥ 0.6).
    pub comments_flat: bool,
    /// Whether all comments of such a line stand on it (JAX 0.6 to 0.9).
    pub comments_joined: bool,
    /// Comments behind equations, by the offset of the equation.
    pub notes: Vec<(u32, Notes<'a>)>,
}

impl<'a> Ast<'a> {
    /// Everything that a jaxpr binds, in the order of the text; nested jaxprs left out.
    pub fn binders_of<'t>(&'t self, jaxpr: &'t Jaxpr<'a>) -> impl Iterator<Item = &'t Binder<'a>> {
        let outputs = jaxpr.equations.iter().map(|equation| equation.outputs);
        let slices = [jaxpr.consts, jaxpr.inputs].into_iter().chain(outputs);
        slices.flat_map(|slice| &self.binders[slice.indices()])
    }
}

/// Definitions and a main jaxpr.
#[derive(Debug)]
pub struct Listing<'a> {
    /// `let NAME = { … } in`, in order.
    pub definitions: Vec<Definition<'a>>,
    /// The jaxpr behind them.
    pub main: Jaxpr<'a>,
    /// All of it.
    pub span: Span,
}

/// `let name = { … } in`.
#[derive(Debug)]
pub struct Definition<'a> {
    /// The name.
    pub name: &'a str,
    /// What it names.
    pub jaxpr: Jaxpr<'a>,
}

/// `{ lambda consts; inputs. let equations in outputs }`.
#[derive(Debug)]
pub struct Jaxpr<'a> {
    /// Constvars.
    pub consts: Slice,
    /// Invars.
    pub inputs: Slice,
    /// Equations that could be read.
    pub equations: Vec<Equation<'a>>,
    /// Results.
    pub outputs: Slice,
    /// What `print_effects=True` adds, without its braces.
    pub effects: Option<&'a str>,
    /// From brace to brace.
    pub span: Span,
}

/// `a:f32[3]`, or `a` under `print_shapes=False`.
#[derive(Clone, Copy, Debug)]
pub struct Binder<'a> {
    /// The variable.
    pub name: &'a str,
    /// Its type as text.
    pub ty: Option<&'a str>,
}

/// A variable or a literal where a value is read.
#[derive(Clone, Copy, Debug)]
pub struct Operand<'a> {
    /// The name or the number. A bare `inf` or `nan` may be either.
    pub text: &'a str,
    /// The type behind a literal (JAX ≥ 0.6).
    pub ty: Option<&'a str>,
    /// Whether the text can only be a literal.
    pub literal: bool,
}

/// `outputs = primitive[params] inputs`, or one of the reference forms.
#[derive(Debug)]
pub struct Equation<'a> {
    /// Variables bound.
    pub outputs: Slice,
    /// Name of the primitive.
    pub primitive: &'a str,
    /// What stands between the brackets.
    pub params: ParamList<'a>,
    /// Operands.
    pub inputs: Slice,
    /// The reference form, if it is one.
    pub reference: Option<Reference<'a>>,
    /// From the first binder to the last operand.
    pub span: Span,
}

/// `c:f32[3] <- b[...]`, `b[0] <- 5.0:f32[]`, `c[:,:] += d`: the text behind the reference's name.
///
/// The equation's primitive is `get`, `swap` or `addupdate`; its first operand is the reference, its second the
/// value stored, if there is one.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'a> {
    /// `[b,0]`, transforms included.
    pub indices: Indices<'a>,
}

/// Indices and transforms of a reference, as text.
pub(crate) type Indices<'a> = &'a str;

/// Parameters: text as long as nobody looks into it.
#[derive(Debug)]
pub enum ParamList<'a> {
    /// No brackets.
    Absent,
    /// The text between the brackets, in which no jaxpr and nothing quoted stands.
    Text(&'a str),
    /// Read apart.
    Parsed(Vec<Param<'a>>),
}

/// `key=value`.
#[derive(Debug)]
pub struct Param<'a> {
    /// The key.
    pub key: &'a str,
    /// The value.
    pub value: Value<'a>,
}

/// A parameter's value.
#[derive(Debug)]
pub enum Value<'a> {
    /// A jaxpr, laid out.
    Jaxpr(Box<Jaxpr<'a>>),
    /// A tuple of jaxprs or of names of definitions, laid out without commas.
    Jaxprs(Vec<JaxprRef<'a>>),
    /// A jaxpr with its definitions inside another value, printed by `str()`.
    Listing(Box<Listing<'a>>),
    /// `(1, 2)`.
    Tuple(Vec<Value<'a>>),
    /// `[1, 2]`.
    List(Vec<Value<'a>>),
    /// `{1, 2}`.
    Set(Vec<Value<'a>>),
    /// `{'a': 1}`.
    Dict(Vec<(Value<'a>, Value<'a>)>),
    /// `Name(1, key=2)`.
    Call {
        /// Dotted name.
        name: &'a str,
        /// Arguments.
        arguments: Vec<Argument<'a>>,
    },
    /// A quoted string, quotes included.
    Quoted(&'a str),
    /// A word, a number, or text that is not understood.
    Text(&'a str),
}

/// An argument of [`Value::Call`].
#[derive(Debug)]
pub struct Argument<'a> {
    /// The keyword before `=`.
    pub keyword: Option<&'a str>,
    /// The value.
    pub value: Value<'a>,
}

/// An element of [`Value::Jaxprs`].
#[derive(Debug)]
pub enum JaxprRef<'a> {
    /// Written out.
    Inline(Jaxpr<'a>),
    /// The name of a definition.
    Name(&'a str),
}

/// The comments behind an equation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Notes<'a> {
    /// `train.py:12:8 (loss)`.
    pub source: Option<&'a str>,
    /// `transpose(jvp(head))`.
    pub name_stack: Option<&'a str>,
}
