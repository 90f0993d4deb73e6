//! What of a program is printed, and where lines may break.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::layout::{Layout, Measure};
use super::value;
use crate::ir::{
    Atom, Block, EqnId, EqnNotes, IndexPart, JaxprRef, Listing, ListingId, ParamValue, ParamsId, Program,
    Type, TypeId, ValueId,
};

/// The print-out of a program, as `print(jax.make_jaxpr(f)(*args))` writes it, newline included.
pub fn print(program: &Program) -> String {
    let mut text = program
        .root
        .map_or_else(String::new, |root| listing(program, root));
    text.push('\n');
    text
}

/// An equation on one line, for messages; jaxprs in it are shortened to `{…}`.
pub fn equation(program: &Program, eqn: EqnId) -> String {
    let mut printer = Printer::new(program);
    printer.brief = true;
    printer.equation(eqn);
    let text = printer.out.finish();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A print-out without the newline at its end: what `str()` gives.
pub(super) fn listing(program: &Program, listing: ListingId) -> String {
    let Listing { definitions, main } = &program.listings[listing];
    let mut printer = Printer::new(program);
    for definition in definitions {
        printer.out.text("let ");
        printer.out.text(program.symbols.text(definition.name));
        printer.out.text(" = ");
        printer.jaxpr(&program.blocks[definition.block]);
        printer.out.text(" in");
        printer.out.brk(" ");
    }
    printer.jaxpr(&program.blocks[*main]);
    printer.out.finish()
}

struct Printer<'p> {
    program: &'p Program,
    out: Layout,
    /// Leaves jaxprs and comments out.
    brief: bool,
    scratch: String,
    /// `:f32[3]` by type: there are few types and many variables.
    types: FxHashMap<TypeId, Box<str>>,
    /// Parameters on one line, unless jaxprs stand in them.
    flat_params: FxHashMap<ParamsId, Option<Rc<str>>>,
}

impl<'p> Printer<'p> {
    fn new(program: &'p Program) -> Self {
        // Only releases before 0.6 print literals without types, and only they count characters.
        let untyped =
            !program.literals.is_empty() && program.literals.iter().any(|(_, literal)| !literal.typed);
        let measure = if untyped {
            Measure::Characters
        } else {
            Measure::Bytes
        };
        Self {
            program,
            out: Layout::new(measure, program.comments),
            brief: false,
            scratch: String::new(),
            types: FxHashMap::default(),
            flat_params: FxHashMap::default(),
        }
    }

    fn jaxpr(&mut self, block: &Block) {
        self.out.begin_group();
        self.out.indent(2);
        self.out.text("{ lambda ");
        self.binders(&block.consts);
        self.out.text("; ");
        self.binders(&block.inputs);
        self.out.text(". let");
        self.out.indent(2);
        self.out.brk(" ");
        for (index, &eqn) in block.eqns.iter().enumerate() {
            if index > 0 {
                self.out.brk("; ");
            }
            self.equation(eqn);
        }
        self.out.dedent(2);
        self.out.brk(" ");
        self.out.text("in (");
        self.atoms(&block.outputs, ",");
        self.out.text(if block.outputs.len() == 1 { ",)" } else { ")" });
        if let Some(effects) = block.effects {
            self.out.text(" : {");
            self.out.text(self.program.symbols.text(effects));
            self.out.text("}");
        }
        self.out.dedent(2);
        self.out.text(" }");
        self.out.end_group();
    }

    fn equation(&mut self, eqn: EqnId) {
        let program = self.program;
        let params = program.params(eqn);
        let notes = program
            .notes
            .get(&eqn)
            .filter(|_| !self.brief)
            .copied()
            .unwrap_or_default();
        if let Some((_, ParamValue::Indexer(parts))) = params.iter().next() {
            self.reference(eqn, parts);
            self.annotate_source(notes);
            self.annotate_name_stack(notes);
            return;
        }
        if program.bare_equals || !program.outputs(eqn).is_empty() {
            self.binders(program.outputs(eqn));
            self.out.text(" = ");
        }
        self.annotate_source(notes);
        self.out.text(program.primitive(eqn));
        self.annotate_name_stack(notes);
        self.params(program.eqns[eqn].params);
        self.out.text(" ");
        self.atoms(program.inputs(eqn), "");
    }

    fn annotate_source(&mut self, notes: EqnNotes) {
        if let Some(source) = notes.source {
            self.out.annotation(self.program.symbols.text(source));
        }
    }

    fn annotate_name_stack(&mut self, notes: EqnNotes) {
        if let Some(stack) = notes.name_stack {
            let stack = self.program.symbols.text(stack);
            self.out.annotation(&format!("[{stack}]"));
        }
    }

    fn params(&mut self, id: ParamsId) {
        let params = &self.program.params[id];
        if params.0.is_empty() || (self.out.decided() && self.flat_params(id)) {
            return;
        }
        self.out.begin_group();
        self.out.indent(2);
        self.out.text("[");
        self.out.brk("");
        for (index, (key, value)) in params.iter().enumerate() {
            if index > 0 {
                self.out.brk(" ");
            }
            self.out.text(self.program.symbols.text(key));
            self.out.text("=");
            self.value(value);
        }
        self.out.dedent(2);
        self.out.brk("");
        self.out.text("]");
        self.out.end_group();
    }

    /// Prints parameters on one line, if no jaxprs stand in them and the line has room.
    fn flat_params(&mut self, id: ParamsId) -> bool {
        let program = self.program;
        let flat = self.flat_params.entry(id).or_insert_with(|| {
            let params = &program.params[id];
            let nested = params.jaxprs().next().is_some() || !params.listings().is_empty();
            (!nested).then(|| {
                let mut text = String::new();
                for (index, (key, value)) in params.iter().enumerate() {
                    text.push(if index > 0 { ' ' } else { '[' });
                    text.push_str(program.symbols.text(key));
                    text.push('=');
                    value::write(program, value, false, &mut text);
                }
                text.push(']');
                text.into()
            })
        });
        let flat = flat.clone();
        flat.is_some_and(|text| self.out.flat_group(&text))
    }

    fn value(&mut self, value: &ParamValue) {
        match value {
            ParamValue::Jaxpr(jaxpr) => self.jaxpr_ref(*jaxpr),
            ParamValue::Jaxprs(jaxprs) if self.brief || jaxprs.is_empty() => {
                self.out.text(if jaxprs.is_empty() { "()" } else { "(…)" });
            }
            ParamValue::Jaxprs(jaxprs) => {
                self.out.begin_group();
                self.out.indent(2);
                self.out.text("(");
                self.out.brk("");
                for (index, jaxpr) in jaxprs.iter().enumerate() {
                    if index > 0 {
                        self.out.brk(" ");
                    }
                    self.jaxpr_ref(*jaxpr);
                }
                self.out.dedent(2);
                self.out.brk("");
                self.out.text(")");
                self.out.end_group();
            }
            _ => {
                let mut text = std::mem::take(&mut self.scratch);
                text.clear();
                value::write(self.program, value, self.brief, &mut text);
                self.out.text(&text);
                self.scratch = text;
            }
        }
    }

    fn jaxpr_ref(&mut self, jaxpr: JaxprRef) {
        match jaxpr {
            JaxprRef::Shared(name, _) => self.out.text(self.program.symbols.text(name)),
            JaxprRef::Inline(_) if self.brief => self.out.text("{…}"),
            JaxprRef::Inline(block) => self.jaxpr(&self.program.blocks[block]),
        }
    }

    /// `c:f32[3] <- b[...]`, `b[0] <- 5.0:f32[]`, `j:f32[3], d[...] <- d[...], i`, `c[:,:] += d`
    fn reference(&mut self, eqn: EqnId, parts: &[IndexPart]) {
        let program = self.program;
        let (outputs, inputs) = (program.outputs(eqn), program.inputs(eqn));
        let stored = usize::from(program.primitive(eqn) != "get");
        let place = self.place(parts, inputs, stored);
        let mut text = String::new();
        for (index, &output) in outputs.iter().enumerate() {
            text.push_str(if index > 0 { " " } else { "" });
            self.write_binder(output, &mut text);
        }
        match (program.primitive(eqn), inputs.get(1)) {
            ("get", _) => text.extend([" <- ", &place]),
            ("addupdate", Some(&added)) => {
                text.extend([&place, " += "]);
                self.write_atom(added, &mut text);
            }
            (_, Some(&stored)) => {
                if outputs.is_empty() {
                    text.extend([&place, " <- "]);
                } else {
                    text.extend([", ", &place, " <- ", &place, ", "]);
                }
                self.write_atom(stored, &mut text);
            }
            (_, None) => text += &place,
        }
        self.out.text(&text);
    }

    fn place(&mut self, parts: &[IndexPart], inputs: &[Atom], stored: usize) -> String {
        let mut text = String::new();
        let mut indices = inputs.iter().skip(1 + stored);
        if let Some(&reference) = inputs.first() {
            self.write_atom(reference, &mut text);
        }
        for part in parts {
            match part {
                IndexPart::Text(symbol) => text.push_str(self.program.symbols.text(*symbol)),
                IndexPart::Operand => indices
                    .next()
                    .into_iter()
                    .for_each(|&index| self.write_atom(index, &mut text)),
            }
        }
        text
    }

    fn binders(&mut self, values: &[ValueId]) {
        self.list(values, "", |printer, &value, text| {
            printer.write_binder(value, text);
        });
    }

    fn atoms(&mut self, atoms: &[Atom], separator: &'static str) {
        self.list(atoms, separator, |printer, &atom, text| {
            printer.write_atom(atom, text);
        });
    }

    /// JAX's `pp_vars`: each gap is a group of its own, decided as a lone blank at its column.
    fn list<T>(&mut self, items: &[T], separator: &'static str, write: impl Fn(&mut Self, &T, &mut String)) {
        if self.out.decided() && self.flat_list(items, separator, &write) {
            return;
        }
        self.out.indent(2);
        self.out.begin_group();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.out.text(separator);
                self.out.begin_group();
                self.out.brk(" ");
                self.out.end_group();
            }
            let mut text = std::mem::take(&mut self.scratch);
            text.clear();
            write(self, item, &mut text);
            self.out.text(&text);
            self.scratch = text;
        }
        self.out.end_group();
        self.out.dedent(2);
    }

    /// Prints a list on one line, if the line has room.
    fn flat_list<T>(
        &mut self,
        items: &[T],
        separator: &str,
        write: impl Fn(&mut Self, &T, &mut String),
    ) -> bool {
        // What starts so does not fit on one line, and much of it would be written twice.
        if items.len() > 40 {
            return false;
        }
        let mut text = std::mem::take(&mut self.scratch);
        text.clear();
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                text.push_str(separator);
                text.push(' ');
            }
            write(self, item, &mut text);
        }
        let fits = self.out.flat_group(&text);
        self.scratch = text;
        fits
    }

    fn write_binder(&mut self, value: ValueId, text: &mut String) {
        self.program.values[value].name.write(&self.program.symbols, text);
        self.write_type(self.program.values[value].ty, text);
    }

    fn write_atom(&mut self, atom: Atom, text: &mut String) {
        match atom {
            Atom::Value(value) => self.program.values[value].name.write(&self.program.symbols, text),
            Atom::Literal(literal) => {
                let literal = &self.program.literals[literal];
                text.push_str(self.program.symbols.text(literal.text));
                if let (true, Some(ty)) = (literal.typed, literal.ty) {
                    self.write_type(ty, text);
                }
            }
        }
    }

    fn write_type(&mut self, ty: TypeId, text: &mut String) {
        let program = self.program;
        let written = self.types.entry(ty).or_insert_with(|| match &program.types[ty] {
            Type::Untyped => Box::default(),
            ty => format!(":{ty}").into(),
        });
        text.push_str(written);
    }
}
