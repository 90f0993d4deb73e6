//! Random programs, built through the intermediate representation as a rewrite would build them.

use jaxpeep::ir::{
    Atom, Block, BlockId, CallArgument, DType, Definition, EqnNotes, IndexPart, JaxprRef, Listing, ListingId,
    Literal, LiteralValue, ParamValue, Params, Program, Symbol, Type, TypeId, ValueId, VarNames,
};

use crate::random::Random;

/// A program with definitions, nested jaxprs, and values of every kind.
pub(super) fn random(seed: u64) -> Program {
    let mut builder = Builder {
        program: Program::default(),
        random: Random::new(seed),
        shared: Vec::new(),
        comments: seed.is_multiple_of(4),
    };
    let root = builder.listing(3);
    builder.program.root = Some(root);
    builder.program
}

struct Builder {
    program: Program,
    random: Random,
    /// Definitions of the print-out being built.
    shared: Vec<Definition>,
    /// Whether every equation carries a comment, as under `source_info=True`.
    comments: bool,
}

impl Builder {
    fn listing(&mut self, depth: usize) -> ListingId {
        let outer = std::mem::take(&mut self.shared);
        let mut definitions = Vec::new();
        for index in 0..self.random.below(3) {
            let block = self.block(depth.saturating_sub(1));
            let name = self.symbol(&["f", "_where", "lambda"][index..=index]);
            definitions.push(Definition { name, block });
            // Only later jaxprs refer to it, so that nothing contains itself.
            self.shared.push(definitions[index]);
        }
        let main = self.block(depth);
        self.shared = outer;
        self.program.listings.push(Listing { definitions, main })
    }

    fn block(&mut self, depth: usize) -> BlockId {
        let mut names = VarNames::default();
        let mut bound = Vec::new();
        let consts = self.bind(&mut names, 3, &mut bound);
        let inputs = self.bind(&mut names, 4, &mut bound);
        let mut eqns = Vec::new();
        for _ in 0..self.random.below(6) {
            let inputs = self.atoms(&bound, 4);
            let eqn = if self.random.below(8) == 0 && !bound.is_empty() {
                self.reference(&mut names, &mut bound)
            } else {
                let params = self.params(depth);
                let outputs = self.bind(&mut names, 3, &mut bound);
                let primitive = self.symbol(&["add", "exp", "scatter-add", "jit", "CustomRoot", "my.own"]);
                self.program.add_eqn(primitive, params, &inputs, &outputs)
            };
            if self.comments {
                let source = Some(self.symbol(&["train.py:7:4 (loss)", "model.py:1:1 (<lambda>)"]));
                self.program.notes.insert(
                    eqn,
                    EqnNotes {
                        source,
                        name_stack: None,
                    },
                );
            }
            eqns.push(eqn);
        }
        let outputs = self.atoms(&bound, 4);
        let effects = (self.random.below(6) == 0).then(|| self.symbol(&[" Debug ", " "]));
        self.program.blocks.push(Block {
            consts,
            inputs,
            eqns,
            outputs,
            effects,
        })
    }

    fn bind(&mut self, names: &mut VarNames, limit: usize, bound: &mut Vec<ValueId>) -> Vec<ValueId> {
        let count = self.random.below(limit);
        let values: Vec<ValueId> = (0..count)
            .map(|_| {
                let ty = self.ty();
                self.program.add_value(names.fresh(), ty)
            })
            .collect();
        bound.extend(&values);
        values
    }

    /// `b[i,0] <- a` and its like.
    fn reference(&mut self, names: &mut VarNames, bound: &mut Vec<ValueId>) -> jaxpeep::ir::EqnId {
        let primitive = *self.random.pick(&["get", "swap", "addupdate"]);
        let mut inputs = vec![Atom::Value(*self.random.pick(bound))];
        if primitive != "get" {
            inputs.push(Atom::Value(*self.random.pick(bound)));
        }
        inputs.push(Atom::Value(*self.random.pick(bound)));
        let (open, close) = (
            self.program.symbols.intern("["),
            self.program.symbols.intern(",0]"),
        );
        let parts = [IndexPart::Text(open), IndexPart::Operand, IndexPart::Text(close)];
        let outputs = if primitive == "get" {
            vec![self.fresh(names)]
        } else {
            Vec::new()
        };
        bound.extend(&outputs);
        let key = self.program.symbols.intern("indexer");
        let params = Params(Box::new([(key, ParamValue::Indexer(Box::new(parts)))]));
        let params = self.program.params.intern(params);
        let primitive = self.program.symbols.intern(primitive);
        self.program.add_eqn(primitive, params, &inputs, &outputs)
    }

    fn fresh(&mut self, names: &mut VarNames) -> ValueId {
        let ty = self.ty();
        self.program.add_value(names.fresh(), ty)
    }

    fn ty(&mut self) -> TypeId {
        let ty = match self.random.below(5) {
            0 => Type::Key {
                implementation: "fry".into(),
                shape: Box::new([]),
            },
            1 => Type::Reference {
                constructor: "Ref".into(),
                content: "f32[3]".into(),
            },
            2 => Type::Other("Tok".into()),
            _ => {
                let sizes: Vec<u64> = (0..self.random.below(3))
                    .map(|_| self.random.bits() % 9)
                    .collect();
                Type::array(
                    *self
                        .random
                        .pick(&[DType::Float32, DType::Int32, DType::Bool, DType::Bfloat16]),
                    &sizes,
                )
            }
        };
        self.program.types.intern(ty)
    }

    fn atoms(&mut self, bound: &[ValueId], limit: usize) -> Vec<Atom> {
        let count = self.random.below(limit);
        let mut atoms = Vec::new();
        for _ in 0..count {
            atoms.push(if bound.is_empty() || self.random.below(4) == 0 {
                self.literal()
            } else {
                Atom::Value(*self.random.pick(bound))
            });
        }
        atoms
    }

    fn literal(&mut self) -> Atom {
        let (text, value, dtype) = *self.random.pick(&[
            ("1.0", LiteralValue::Float(0x3ff0_0000_0000_0000), DType::Float32),
            ("-inf", LiteralValue::Float(0xfff0_0000_0000_0000), DType::Float32),
            ("7", LiteralValue::Int(7), DType::Int32),
            ("True", LiteralValue::Bool(true), DType::Bool),
        ]);
        let text = self.program.symbols.intern(text);
        let ty = Some(self.program.types.intern(Type::scalar(dtype)));
        Atom::Literal(self.program.literals.intern(Literal {
            text,
            value,
            ty,
            typed: true,
        }))
    }

    fn params(&mut self, depth: usize) -> jaxpeep::ir::ParamsId {
        let mut params = Vec::new();
        for key in ["axes", "branches", "jaxpr", "mode", "static"]
            .into_iter()
            .take(self.random.below(6))
        {
            let value = match key {
                "jaxpr" if depth > 0 => ParamValue::Jaxpr(self.jaxpr(depth - 1)),
                "branches" if depth > 0 => {
                    let branches = (0..2).map(|_| self.jaxpr(depth - 1)).collect();
                    ParamValue::Jaxprs(branches)
                }
                "jaxpr" => ParamValue::None,
                _ => self.value(depth),
            };
            params.push((self.program.symbols.intern(key), value));
        }
        self.program.params.intern(Params(params.into()))
    }

    fn jaxpr(&mut self, depth: usize) -> JaxprRef {
        if !self.shared.is_empty() && self.random.below(2) == 0 {
            let definition = *self.random.pick(&self.shared);
            return JaxprRef::Shared(definition.name, definition.block);
        }
        JaxprRef::Inline(self.block(depth))
    }

    fn value(&mut self, depth: usize) -> ParamValue {
        let inner = depth.saturating_sub(1);
        match self.random.below(if depth > 0 { 12 } else { 7 }) {
            0 => ParamValue::None,
            1 => ParamValue::Bool(self.random.below(2) == 0),
            2 => ParamValue::Int(self.random.bits().cast_signed() >> 40),
            3 => ParamValue::Float(self.symbol(&["0.5", "1e-06", "nan", "-inf"])),
            4 | 5 => ParamValue::Text(self.symbol(&[
                "float32",
                "Mode.CLIP",
                "<function f.<locals>.<lambda> at 0x7f>",
                "two words",
            ])),
            6 => ParamValue::Tuple(Box::new([])),
            7 => ParamValue::Tuple(self.values(inner)),
            8 => ParamValue::List(self.values(inner)),
            9 => ParamValue::Dict(Box::new([(ParamValue::Int(1), self.value(inner))])),
            10 => {
                let argument = CallArgument {
                    keyword: Some(self.symbol(&["shape"])),
                    value: self.value(inner),
                };
                ParamValue::Call {
                    name: self.symbol(&["Spec", "np.int64"]),
                    arguments: Box::new([argument]),
                }
            }
            _ => {
                // What `str()` prints has no comments.
                let comments = std::mem::take(&mut self.comments);
                let listing = ParamValue::Listing(self.listing(inner));
                self.comments = comments;
                ParamValue::List(Box::new([ParamValue::Int(0), listing]))
            }
        }
    }

    /// At least one value, so that no empty list is taken for something else.
    fn values(&mut self, depth: usize) -> Box<[ParamValue]> {
        let quoted = ParamValue::Quoted(self.symbol(&["'i'", "'it\\'s'", "\"can't\""]));
        let count = self.random.below(3);
        std::iter::once(quoted)
            .chain((0..count).map(|_| self.value(depth)))
            .collect()
    }

    fn symbol(&mut self, texts: &[&str]) -> Symbol {
        let text = *self.random.pick::<&str>(texts);
        self.program.symbols.intern(text)
    }
}
