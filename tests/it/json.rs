//! The JSON reference in README and the JSON that commands print name the same fields, of the same types.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::cli::Folder;
use crate::readme::chapter;
use crate::support::rule_of_three_logs;

/// `log Σ exp x` with a Python line, which rules improve.
const NAIVE: &str = "{ lambda ; a:f32[4]. let
    b:f32[4] = exp a                                    # loss.py:7:24 (loss)
    c:f32[] = reduce_sum[axes=(0,) out_sharding=None] b # loss.py:7:16 (loss)
    d:f32[] = log c                                     # loss.py:7:9 (loss)
  in (d,) }
";
const BROKEN: &str = "{ lambda ; a:f32[]. let b:f32[] sin a in (b,) }\n";
const CUBE: &str = "{ lambda ; a:f32[4]. let b:f32[4] = integer_pow[y=3] a; c:f32[4] = log b in (c,) }\n";
/// Not the logarithm of a cube where that is NaN.
const THREE_LOGS: &str =
    "{ lambda ; a:f32[4]. let b:f32[4] = abs a; c:f32[4] = log b; d:f32[4] = mul 3.0:f32[] c in (d,) }\n";
const CUSTOM: &str = "{ lambda ; a:f32[]. let
    b:f32[] = custom_jvp_call[
      name=half
      call_jaxpr={ lambda ; c:f32[]. let d:f32[] = mul 0.5:f32[] c in (d,) }
      jvp=half_jvp
      symbolic_zeros=False
    ] a
  in (b,) }
";
/// Divides an integer by zero, is given an infinity, and adds 1 to 10⁸.
const SUMS: &str = "{ lambda ; a:i32[2] b:f32[2] c:f32[3]. let
    d:i32[2] = div 7:i32[] a
    e:f32[] = reduce_sum[axes=(0,) out_sharding=None] b
    f:f32[] = reduce_sum[axes=(0,) out_sharding=None] c
  in (d, e, f) }
";

/// The documents, and what the commands are given to print them, in a folder with all the files.
const RUNS: &[(&str, &str)] = &[
    ("rewrite", "--verify naive.jaxpr broken.jaxpr"),
    ("rewrite", "--emit python custom.jaxpr"),
    ("rewrite", "--skip log-power --rules own cube.jaxpr"),
    ("check", "--verify --witness found ."),
    ("verify", "cube.jaxpr three.jaxpr"),
    ("trace", "naive.jaxpr --inputs naive.json"),
    ("trace", "--precision sums.jaxpr --inputs sums.json"),
    ("eval", "naive.jaxpr --inputs naive.json"),
    ("eval", "naive.jaxpr --cases naive.json"),
    ("rules list", ""),
];

fn folder() -> Folder {
    let array = |dtype: &str, values: Value| {
        let shape = [values.as_array().map_or(0, Vec::len)];
        json!({"dtype": dtype, "shape": shape, "values": values})
    };
    let naive = json!({"cases": [{
        "label": "large",
        "inputs": [array("float32", json!([1000, 1000, 999, 0]))],
        "outputs": [{"dtype": "float32", "shape": [], "values": [1000.0]}],
    }]});
    let sums = json!({"cases": [{
        "label": "zero",
        "inputs": [
            array("int32", json!([0, 2])),
            array("float32", json!(["inf", 1])),
            array("float32", json!([1e8, 1, -1e8])),
        ],
    }]});
    Folder::new(&[
        ("naive.jaxpr", NAIVE),
        ("naive.json", &naive.to_string()),
        ("broken.jaxpr", BROKEN),
        ("cube.jaxpr", CUBE),
        ("three.jaxpr", THREE_LOGS),
        ("custom.jaxpr", CUSTOM),
        ("sums.jaxpr", SUMS),
        ("sums.json", &sums.to_string()),
        ("own/three.rule", &rule_of_three_logs("approximate")),
    ])
}

/// The documents of the reference by name, which is in the first line of a block.
fn reference() -> BTreeMap<String, Value> {
    let chapter = chapter("### JSON");
    let blocks = chapter.split("```jsonc\n").skip(1);
    let document = |block: &str| {
        let (text, _) = block.split_once("```").expect("a block ends");
        let name = text.lines().next().and_then(|line| line.strip_prefix("// "));
        let name = name
            .expect("a block starts with the name of its command")
            .to_owned();
        let lines = text
            .lines()
            .map(|line| line.split("//").next().unwrap_or_default());
        let json = serde_json::from_str(&lines.collect::<Vec<_>>().join("\n"));
        let json = json.unwrap_or_else(|error| panic!("{name} is not JSON: {error}"));
        (name, json)
    };
    blocks.map(document).collect()
}

/// `"…": "origins"` becomes the fields of a row of `origins`.
fn expanded(value: &Value, document: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| expanded(item, document)).collect(),
        Value::Object(fields) => {
            let mut whole = Map::new();
            for (key, field) in fields {
                if key == "…" {
                    let rows = find(document, field.as_str().unwrap_or_default());
                    let row = rows.map(|rows| expanded(&rows[0], document));
                    let row = row.as_ref().and_then(Value::as_object);
                    whole.extend(row.expect("there is such a list of rows").clone());
                } else {
                    whole.insert(key.clone(), expanded(field, document));
                }
            }
            Value::Object(whole)
        }
        _ => value.clone(),
    }
}

/// The field with this name, wherever it is.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Array(items) => items.iter().find_map(|item| find(item, name)),
        Value::Object(fields) => fields
            .get(name)
            .or_else(|| fields.values().find_map(|field| find(field, name))),
        _ => None,
    }
}

/// The paths of all fields: `files[].rewrites[].rule`. What `…` stands for need not all be printed there as well.
fn paths(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| paths(item, &format!("{at}[]"), found)),
        Value::Object(fields) => {
            for (key, field) in fields.iter().filter(|(key, _)| *key != "…") {
                let at = if at.is_empty() {
                    key.clone()
                } else {
                    format!("{at}.{key}")
                };
                found.insert(at.clone());
                paths(field, &at, found);
            }
        }
        _ => {}
    }
}

fn paths_of<'a>(values: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    values.into_iter().for_each(|value| paths(value, "", &mut found));
    found
}

/// Whether a value has one of the types that the reference names. Fields have been compared by then.
fn fits(value: &Value, named: &Value) -> bool {
    match (value, named) {
        (Value::Array(items), Value::Array(types)) => items
            .iter()
            .all(|item| types.iter().any(|named| fits(item, named))),
        (Value::Object(fields), Value::Object(types)) => {
            let known =
                |(key, field): (&String, &Value)| types.get(key).is_some_and(|named| fits(field, named));
            fields.iter().all(known)
        }
        (Value::Null, Value::Object(_)) => true,
        (_, Value::String(named)) => named.split(" | ").any(|word| is(value, word)),
        _ => value == named,
    }
}

fn is(value: &Value, word: &str) -> bool {
    match word {
        "text" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "word" => ["nan", "inf", "-inf"].iter().any(|word| value == word),
        _ => value == word,
    }
}

#[test]
fn the_reference_in_the_readme_names_the_fields_that_commands_print() {
    let reference = reference();
    let folder = folder();
    let mut printed: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for (name, more) in RUNS {
        let args = format!("{name} --format json {more}");
        let ran = folder.run(&args.split_whitespace().collect::<Vec<_>>());
        let document = serde_json::from_str(&ran.out);
        let document = document.unwrap_or_else(|error| panic!("{args}: {error}: {}", ran.err));
        printed.entry(name).or_default().push(document);
    }
    let baseline = folder.run(&["check", "--write-baseline", "known.json", "naive.jaxpr"]);
    assert_eq!(baseline.code, 0, "{}", baseline.err);
    let baseline = serde_json::from_str(&folder.read("known.json")).expect("a baseline is JSON");
    printed.insert("check --write-baseline", vec![baseline]);

    let names: Vec<&str> = reference.keys().map(String::as_str).collect();
    assert_eq!(names, printed.keys().copied().collect::<Vec<_>>());
    for (name, documents) in printed {
        let named = &reference[name];
        let whole = expanded(named, named);
        let [expected, known] = [named, &whole].map(|named| paths_of([named]));
        let found = paths_of(&documents);
        let missing: Vec<_> = found.difference(&known).collect();
        let extra: Vec<_> = expected.difference(&found).collect();
        assert!(missing.is_empty(), "{name}: README does not name {missing:?}");
        assert!(extra.is_empty(), "{name}: nothing prints {extra:?}");
        for document in documents {
            assert!(
                fits(&document, &whole),
                "{name}: a type is not as README says: {document:#}"
            );
        }
    }
}

#[test]
fn the_cases_that_the_readme_shows_can_be_replayed() {
    let chapter = chapter("### Inputs");
    let (_, block) = chapter.split_once("```json\n").expect("the chapter shows cases");
    let (cases, _) = block.split_once("```").expect("a block ends");
    let naive = NAIVE.replace("f32[4]", "f32[3]");
    let folder = Folder::new(&[("f.jaxpr", &naive), ("cases.json", cases)]);
    assert_eq!(folder.run(&["rewrite", "-i", "f.jaxpr"]).code, 0);
    let ran = folder.run(&["eval", "f.jaxpr", "--cases", "cases.json"]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (0, "large: agrees\n"),
        "{}",
        ran.err
    );
}
