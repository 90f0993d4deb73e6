//! Names become ids, one pair of braces at a time.

use rustc_hash::FxHashMap;

use super::literals::literal_value;
use super::names::{self, Names};
use super::types::lower_type;
use super::{LowerError, LowerErrorKind};
use crate::ir::{
    Atom, Block, BlockId, CommentStyle, Definition, EqnNotes, Id as _, IndexPart, Listing, ListingId,
    Literal, LiteralId, LiteralValue, ParamValue, Params, ParamsId, Program, Type, TypeId, ValueId, VarName,
};
use crate::span::Span;
use crate::syntax::{self, Ast, IndexText, index_parts, is_literal_word};

/// Lowers one print-out.
pub(super) fn program(
    source: &str,
    ast: &Ast<'_>,
    listing: &syntax::Listing<'_>,
    errors: &mut Vec<LowerError>,
) -> Program {
    let mut cx = Lowering::new(source, ast, errors);
    cx.program.bare_equals = ast.bare_equals;
    cx.program.comments = CommentStyle {
        flat: ast.comments_flat,
        joined: ast.comments_joined,
    };
    let root = cx.listing(listing);
    cx.program.root = Some(root);
    cx.program
}

/// The blocks that names of definitions stand for, in the print-out being lowered.
pub(super) type Definitions<'a> = FxHashMap<&'a str, BlockId>;

/// Everything that lowering one print-out shares. Tables from text to id make millions of equal texts cheap.
pub(super) struct Lowering<'a, 'e> {
    pub(super) source: &'a str,
    pub(super) ast: &'a Ast<'a>,
    pub(super) program: Program,
    pub(super) errors: &'e mut Vec<LowerError>,
    pub(super) definitions: Definitions<'a>,
    types: FxHashMap<&'a str, TypeId>,
    literals: FxHashMap<(&'a str, Option<&'a str>), LiteralId>,
    pub(super) param_texts: FxHashMap<&'a str, ParamsId>,
    /// Types of the variables that the equation being lowered binds, for the results of its jaxpr.
    expected: Vec<TypeId>,
    no_params: ParamsId,
    untyped: TypeId,
    names: Names,
    /// Buffers for the equation being lowered.
    inputs: Vec<Atom>,
    outputs: Vec<ValueId>,
}

/// The variables of one pair of braces.
struct Scope {
    names: names::Scope,
    /// Binders called `_`, in order.
    underscores: Vec<ValueId>,
    /// Those of them that have been returned.
    returned: Vec<ValueId>,
}

impl<'a, 'e> Lowering<'a, 'e> {
    fn new(source: &'a str, ast: &'a Ast<'a>, errors: &'e mut Vec<LowerError>) -> Self {
        let mut program = Program::default();
        let no_params = program.params.intern(Params::default());
        let untyped = program.types.intern(Type::Untyped);
        Self {
            source,
            ast,
            program,
            errors,
            definitions: FxHashMap::default(),
            types: FxHashMap::default(),
            literals: FxHashMap::default(),
            param_texts: FxHashMap::default(),
            expected: Vec::new(),
            no_params,
            untyped,
            names: Names::new(ast.binders.len()),
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    pub(super) fn error(&mut self, at: &str, kind: LowerErrorKind) {
        self.errors.push(LowerError {
            span: Span::of(self.source, at),
            kind,
        });
    }

    /// Lowers definitions and main jaxpr; a print-out inside a value has definitions of its own.
    pub(super) fn listing(&mut self, listing: &syntax::Listing<'a>) -> ListingId {
        let outer = std::mem::take(&mut self.definitions);
        // Parameter texts that name definitions mean other blocks here.
        let outer_texts = std::mem::take(&mut self.param_texts);
        for definition in &listing.definitions {
            let block = self.program.blocks.push(Block::default());
            if self.definitions.insert(definition.name, block).is_some() {
                self.error(
                    definition.name,
                    LowerErrorKind::DefinedTwice {
                        name: definition.name.to_owned(),
                        first: Span::default(),
                    },
                );
            }
        }
        let mut definitions = Vec::with_capacity(listing.definitions.len());
        for definition in &listing.definitions {
            let block = self.definitions[definition.name];
            let name = self.program.symbols.intern(definition.name);
            definitions.push(Definition { name, block });
            self.block_into(block, &definition.jaxpr, &[]);
        }
        let main = self.jaxpr(&listing.main);
        self.definitions = outer;
        self.param_texts = outer_texts;
        self.program.listings.push(Listing { definitions, main })
    }

    /// Lowers a jaxpr into a block of its own.
    pub(super) fn jaxpr(&mut self, jaxpr: &syntax::Jaxpr<'a>) -> BlockId {
        let expected = std::mem::take(&mut self.expected);
        let block = self.program.blocks.push(Block::default());
        self.block_into(block, jaxpr, &expected);
        block
    }

    fn block_into(&mut self, id: BlockId, jaxpr: &syntax::Jaxpr<'a>, expected: &[TypeId]) {
        let mut scope = Scope {
            names: self.names.open(),
            underscores: Vec::new(),
            returned: Vec::new(),
        };
        let consts = self.bind_all(&mut scope, jaxpr.consts);
        let inputs = self.bind_all(&mut scope, jaxpr.inputs);
        let mut eqns = Vec::with_capacity(jaxpr.equations.len());
        for equation in &jaxpr.equations {
            // A nested jaxpr finds the buffers gone and fills new ones.
            let mut inputs = std::mem::take(&mut self.inputs);
            let mut outputs = std::mem::take(&mut self.outputs);
            let operands = &self.ast.operands[equation.inputs.indices()];
            inputs.extend(operands.iter().map(|operand| self.atom(&mut scope, operand)));
            if let syntax::ParamList::Parsed(_) = equation.params {
                self.expected = self.binder_types(equation.outputs);
            }
            let params = match &equation.reference {
                Some(reference) => self.indexer(&mut scope, reference.indices, &mut inputs),
                None => self.params(&equation.params),
            };
            self.expected.clear();
            let binders = &self.ast.binders[equation.outputs.indices()];
            outputs.extend(binders.iter().map(|binder| self.bind(&mut scope, binder)));
            let primitive = self.program.symbols.intern(equation.primitive);
            let eqn = self.program.add_eqn(primitive, params, &inputs, &outputs);
            self.program.spans.resize(eqn.index(), Span::default());
            self.program.spans.push(equation.span);
            self.note(eqn, equation.span);
            eqns.push(eqn);
            inputs.clear();
            outputs.clear();
            (self.inputs, self.outputs) = (inputs, outputs);
        }
        let results = &self.ast.operands[jaxpr.outputs.indices()];
        let outputs = results
            .iter()
            .enumerate()
            .map(|(index, operand)| match operand.text {
                "_" => Atom::Value(self.dead_result(&mut scope, operand.text, expected.get(index).copied())),
                _ => self.atom(&mut scope, operand),
            })
            .collect();
        self.names.close(scope.names);
        let effects = jaxpr.effects.map(|text| self.program.symbols.intern(text));
        self.program.blocks[id] = Block {
            consts,
            inputs,
            eqns,
            outputs,
            effects,
        };
    }

    fn note(&mut self, eqn: crate::ir::EqnId, span: Span) {
        let Ok(index) = self
            .ast
            .notes
            .binary_search_by_key(&span.start, |&(offset, _)| offset)
        else {
            return;
        };
        let note = self.ast.notes[index].1;
        let mut symbol = |text: Option<&str>| text.map(|text| self.program.symbols.intern(text));
        let notes = EqnNotes {
            source: symbol(note.source),
            name_stack: symbol(note.name_stack),
        };
        self.program.notes.insert(eqn, notes);
    }

    fn bind_all(&mut self, scope: &mut Scope, binders: syntax::Slice) -> Vec<ValueId> {
        let ast = self.ast;
        ast.binders[binders.indices()]
            .iter()
            .map(|binder| self.bind(scope, binder))
            .collect()
    }

    fn bind(&mut self, scope: &mut Scope, binder: &syntax::Binder<'a>) -> ValueId {
        let name = VarName::new(binder.name, &mut self.program.symbols);
        let ty = binder.ty.map_or(self.untyped, |text| self.ty(text));
        let value = self.program.add_value(name, ty);
        if name.is_underscore() {
            scope.underscores.push(value);
        } else if self.names.bind(scope.names, name, value).is_some() {
            let kind = LowerErrorKind::BoundTwice {
                name: binder.name.to_owned(),
                first: Span::default(),
            };
            self.error(binder.name, kind);
        }
        value
    }

    pub(super) fn ty(&mut self, text: &'a str) -> TypeId {
        if let Some(&ty) = self.types.get(text) {
            return ty;
        }
        let ty = self.program.types.intern(lower_type(text));
        self.types.insert(text, ty);
        ty
    }

    fn atom(&mut self, scope: &mut Scope, operand: &syntax::Operand<'a>) -> Atom {
        if operand.literal {
            return Atom::Literal(self.literal(operand));
        }
        if operand.text == "_" {
            return Atom::Value(self.underscore(scope, operand.text));
        }
        let name = VarName::new(operand.text, &mut self.program.symbols);
        match self.names.get(scope.names, name) {
            Some(value) => Atom::Value(value),
            // Before JAX 0.6 literals carry no type, so these words are literals where no variable is called so.
            None if is_literal_word(operand.text) => Atom::Literal(self.literal(operand)),
            None => Atom::Value(self.unknown(operand.text, name)),
        }
    }

    /// A `_` that an equation reads: sure only if it is the only one.
    fn underscore(&mut self, scope: &Scope, at: &str) -> ValueId {
        match scope.underscores[..] {
            [] => self.unknown(at, VarName::UNDERSCORE),
            [only] => only,
            _ => {
                let value = self.program.add_value(VarName::UNDERSCORE, self.untyped);
                self.program.unresolved.push(value);
                value
            }
        }
    }

    /// A result `_` is dead outside, so any `_` of the type that the caller binds will do: the first not yet
    /// returned, or else, because one may be returned twice, the first.
    fn dead_result(&mut self, scope: &mut Scope, at: &str, expected: Option<TypeId>) -> ValueId {
        let fits = |value: &ValueId| expected.is_none_or(|ty| self.program.values[*value].ty == ty);
        let fresh = scope
            .underscores
            .iter()
            .copied()
            .filter(fits)
            .find(|value| !scope.returned.contains(value));
        match fresh.or_else(|| scope.underscores.iter().copied().find(fits)) {
            Some(value) => {
                scope.returned.push(value);
                value
            }
            None => self.underscore(scope, at),
        }
    }

    /// The types that binders state.
    fn binder_types(&mut self, binders: syntax::Slice) -> Vec<TypeId> {
        let binders = &self.ast.binders[binders.indices()];
        binders
            .iter()
            .map(|binder| binder.ty.map_or(self.untyped, |text| self.ty(text)))
            .collect()
    }

    fn unknown(&mut self, text: &str, name: VarName) -> ValueId {
        let kind = LowerErrorKind::UnknownVariable {
            name: text.to_owned(),
            similar: None,
            later: None,
            outside: None,
        };
        self.error(text, kind);
        let value = self.program.add_value(name, self.untyped);
        self.program.unresolved.push(value);
        value
    }

    fn literal(&mut self, operand: &syntax::Operand<'a>) -> LiteralId {
        if let Some(&literal) = self.literals.get(&(operand.text, operand.ty)) {
            return literal;
        }
        let ty = operand.ty.map(|text| self.ty(text));
        let text = self.program.symbols.intern(operand.text);
        let value = match literal_value(operand.text) {
            LiteralValue::Int(value) if is_float(&self.program, ty) =>
            {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "a float literal without a point is small"
                )]
                LiteralValue::float(value as f64)
            }
            value => value,
        };
        let literal = self.program.literals.intern(Literal {
            text,
            value,
            ty,
            typed: ty.is_some(),
        });
        self.literals.insert((operand.text, operand.ty), literal);
        literal
    }

    fn params(&mut self, list: &syntax::ParamList<'a>) -> ParamsId {
        match list {
            syntax::ParamList::Absent => self.no_params,
            syntax::ParamList::Text(text) => self.param_text(text),
            syntax::ParamList::Parsed(params) => self.param_list(params),
        }
    }

    /// Indices become text with gaps; the variables in the gaps become operands.
    fn indexer(&mut self, scope: &mut Scope, indices: &'a str, inputs: &mut Vec<Atom>) -> ParamsId {
        let mut parts = Vec::new();
        for part in index_parts(indices) {
            parts.push(match part {
                IndexText::Text(text) => IndexPart::Text(self.program.symbols.intern(text)),
                IndexText::Variable(text) => {
                    let operand = syntax::Operand {
                        text,
                        ty: None,
                        literal: false,
                    };
                    inputs.push(self.atom(scope, &operand));
                    IndexPart::Operand
                }
            });
        }
        let key = self.program.symbols.intern("indexer");
        self.program
            .params
            .intern(Params(Box::new([(key, ParamValue::Indexer(parts.into()))])))
    }
}

fn is_float(program: &Program, ty: Option<TypeId>) -> bool {
    ty.and_then(|ty| program.types[ty].dtype())
        .is_some_and(crate::ir::DType::is_float)
}
