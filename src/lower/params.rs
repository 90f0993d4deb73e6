//! Parameters from their text.

use super::LowerErrorKind;
use super::scope::Lowering;
use crate::ir::{CallArgument, JaxprRef, ParamValue, Params, ParamsId};
use crate::syntax::{self, parameters};

impl<'a> Lowering<'a, '_> {
    /// Parameters that were left as text: taken apart the first time that the text is seen.
    pub(super) fn param_text(&mut self, text: &'a str) -> ParamsId {
        if let Some(&params) = self.param_texts.get(text) {
            return params;
        }
        let params = match parameters(self.source, text) {
            Ok(list) => self.param_list(&list),
            Err(error) => {
                self.errors.push(super::LowerError {
                    span: error.span,
                    kind: LowerErrorKind::Params(error.kind),
                });
                self.program.params.intern(Params::default())
            }
        };
        self.param_texts.insert(text, params);
        params
    }

    /// Parameters that were read apart because jaxprs stand in them.
    pub(super) fn param_list(&mut self, list: &[syntax::Param<'a>]) -> ParamsId {
        let lowered = list.iter().map(|param| {
            let key = self.program.symbols.intern(param.key);
            (key, self.value(param.key, &param.value))
        });
        let lowered = lowered.collect();
        self.program.params.intern(Params(lowered))
    }

    fn value(&mut self, key: &str, value: &syntax::Value<'a>) -> ParamValue {
        match value {
            syntax::Value::Jaxpr(jaxpr) => ParamValue::Jaxpr(JaxprRef::Inline(self.jaxpr(jaxpr))),
            syntax::Value::Listing(listing) => ParamValue::Listing(self.listing(listing)),
            syntax::Value::Jaxprs(items) => {
                let refs: Option<Vec<JaxprRef>> = items
                    .iter()
                    .map(|item| match item {
                        syntax::JaxprRef::Inline(jaxpr) => Some(JaxprRef::Inline(self.jaxpr(jaxpr))),
                        syntax::JaxprRef::Name(name) => self.definition(name),
                    })
                    .collect();
                refs.map_or(ParamValue::None, |refs| ParamValue::Jaxprs(refs.into()))
            }
            syntax::Value::Tuple(items) => ParamValue::Tuple(self.values(items)),
            syntax::Value::List(items) => ParamValue::List(self.values(items)),
            syntax::Value::Set(items) => ParamValue::Set(self.values(items)),
            syntax::Value::Dict(items) => {
                let pairs = items
                    .iter()
                    .map(|(key, item)| (self.value("", key), self.value("", item)));
                ParamValue::Dict(pairs.collect())
            }
            syntax::Value::Call { name, arguments } => {
                let arguments = arguments.iter().map(|argument| CallArgument {
                    keyword: argument
                        .keyword
                        .map(|keyword| self.program.symbols.intern(keyword)),
                    value: self.value("", &argument.value),
                });
                let arguments = arguments.collect();
                ParamValue::Call {
                    name: self.program.symbols.intern(name),
                    arguments,
                }
            }
            syntax::Value::Quoted(text) => ParamValue::Quoted(self.program.symbols.intern(text)),
            syntax::Value::Text(text) => self.word(key, text),
        }
    }

    fn values(&mut self, items: &[syntax::Value<'a>]) -> Box<[ParamValue]> {
        items.iter().map(|item| self.value("", item)).collect()
    }

    fn word(&mut self, key: &str, text: &str) -> ParamValue {
        match text {
            "None" => return ParamValue::None,
            "True" => return ParamValue::Bool(true),
            "False" => return ParamValue::Bool(false),
            _ => {}
        }
        if let Ok(int) = text.parse::<i64>()
            && int.to_string() == text
        {
            return ParamValue::Int(int);
        }
        if key.ends_with("jaxpr") && names_definition(text) {
            return self.definition(text).map_or(ParamValue::None, ParamValue::Jaxpr);
        }
        let symbol = self.program.symbols.intern(text);
        if text.parse::<f64>().is_ok() {
            ParamValue::Float(symbol)
        } else {
            ParamValue::Text(symbol)
        }
    }

    fn definition(&mut self, name: &str) -> Option<JaxprRef> {
        if let Some(&block) = self.definitions.get(name) {
            return Some(JaxprRef::Shared(self.program.symbols.intern(name), block));
        }
        let kind = LowerErrorKind::UnknownDefinition {
            name: name.to_owned(),
            defined: Vec::new(),
        };
        self.error(name, kind);
        None
    }
}

/// A Python identifier, which is what names of definitions are.
fn names_definition(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !text.is_empty()
}
