//! The interpreter against what real JAX recorded.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jaxpeep::interp::{EvalError, Options, compare_outputs, evaluate, read_cases};
use jaxpeep::schema::infer_literal_types;

use crate::support::{fixtures, jaxprs_below};

/// How a recorded case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Agrees,
    Differs,
    Unsupported,
    Fails,
}

/// Programs whose recorded results the interpreter does not reproduce, each with the reason.
const KNOWN: &[(&str, &str)] = &[
    (".untyped.", "the text does not say what the inputs are"),
    (
        "inverse_ridge",
        "the inverse of a nearly singular matrix amplifies the last bit",
    ),
    (
        "0.4.30/inverse_batch",
        "whether the last pivot of a singular matrix is zero depends on the last bit",
    ),
    (
        "0.4.30/classic_variance",
        "the one-pass variance cancels to one ulp of its terms, whose sign is that of the last rounding",
    ),
];

/// How many recorded cases agree, at least.
const FLOOR: usize = 794;

/// Programs of the recorded corpus that the interpreter does not reproduce, by a part of their paths, each with the
/// reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "/grad_softmax_jax_nn.",
        "the true gradient is 0, and what is left is rounding noise",
    ),
    (
        "grad_softmax_naive",
        "the true gradient is 0, and what is left is rounding noise",
    ),
    (
        "/hvp_lse_in_jit.",
        "the true product is 0, and what is left is rounding noise",
    ),
    (
        "/p_cf_ode_like_newton.",
        "the true residual is 0, and what is left is rounding noise",
    ),
    (
        "/prog_grad_multihead_block.",
        "the true gradients are 0, and what is left is rounding noise",
    ),
    (
        "0.12.0.1/p_lgamma.",
        "this release has exactly 0 at 1, where the older ones have 4.8e-7",
    ),
    (
        "0.6.2/linalg_lstsq.",
        "a result that is dropped inside is printed as `_`, and is read outside",
    ),
    (
        "0.8.3/linalg_lstsq.",
        "a result that is dropped inside is printed as `_`, and is read outside",
    ),
    (
        "gp_nll_inv_logdet.",
        "the inverse of a nearly singular matrix amplifies the last bit",
    ),
    (
        "/prog_whitening_inv_sqrt.",
        "the root of a small eigenvalue amplifies the last bit",
    ),
    (
        "/linalg_grad_eigh.",
        "the gradient depends on the arbitrary signs of eigenvectors",
    ),
    (
        "/linalg_grad_svd.",
        "the gradient depends on the arbitrary signs of singular vectors",
    ),
    (
        "0.12.0.1/p_digamma.",
        "this release has -inf at the pole 0, where the older ones have NaN",
    ),
    (
        "0.4.30/linalg_expm.",
        "the constants of an inner jaxpr were not recorded",
    ),
    (
        "/p_cf_io_callback.",
        "what a Python function gives is not in the text",
    ),
    (
        "/p_cf_pure_callback.",
        "what a Python function gives is not in the text",
    ),
    ("/p_pallas_", "kernels of Pallas have no row"),
];

#[derive(Default)]
struct Tally {
    verdicts: BTreeMap<Verdict, usize>,
    primitives: BTreeMap<String, usize>,
    wrong: Vec<(PathBuf, String)>,
}

impl Tally {
    fn count(&self, verdict: Verdict) -> usize {
        self.verdicts.get(&verdict).copied().unwrap_or_default()
    }

    fn add(&mut self, path: &Path) {
        let Ok(json) = std::fs::read_to_string(path.with_extension("json")) else {
            return;
        };
        let bytes = std::fs::read(path).expect("a print-out can be read");
        let Ok(mut loaded) = jaxpeep::load::load("it", &bytes) else {
            return;
        };
        let [unit] = loaded.units.as_mut_slice() else {
            return;
        };
        infer_literal_types(&mut unit.program);
        let cases = match read_cases(&json) {
            Ok(cases) => cases,
            Err(error) => return self.note(path, Verdict::Fails, error.to_string()),
        };
        for case in cases {
            let Some(recorded) = &case.outputs else { continue };
            let options = Options {
                flush_subnormals: true,
                threefry_partitionable: case.threefry_partitionable(),
                most_iterations: Some(1_000_000),
                most_steps: None,
            };
            match evaluate(&unit.program, &case.inputs, options) {
                Ok(outputs) => {
                    let differences = compare_outputs(&unit.program, &outputs, recorded);
                    let difference = differences.into_iter().find(Option::is_some).flatten();
                    match difference {
                        None if outputs.len() == recorded.len() => {
                            self.note(path, Verdict::Agrees, String::new());
                        }
                        difference => {
                            self.note(path, Verdict::Differs, format!("{}: {difference:?}", case.label));
                        }
                    }
                }
                Err(EvalError::Unsupported(found)) => {
                    for one in found {
                        *self.primitives.entry(one.primitive).or_default() += 1;
                    }
                    self.note(path, Verdict::Unsupported, String::new());
                }
                Err(error) => self.note(path, Verdict::Fails, error.to_string()),
            }
        }
    }

    fn note(&mut self, path: &Path, verdict: Verdict, why: String) {
        *self.verdicts.entry(verdict).or_default() += 1;
        if verdict != Verdict::Agrees {
            self.wrong.push((path.to_owned(), why));
        }
    }

    fn report(&self, name: &str) {
        println!(
            "{name}: {:?}; without a row: {:?}",
            self.verdicts, self.primitives
        );
        for (path, why) in &self.wrong {
            println!("  {}: {why}", path.display());
        }
    }
}

#[test]
fn fixtures_compute_what_jax_computed() {
    let mut tally = Tally::default();
    for path in fixtures("jaxpr") {
        tally.add(&path);
    }
    tally.report("fixtures");
    let unknown = tally.wrong.iter().filter(|(path, _)| {
        let path = path.to_string_lossy().replace('\\', "/");
        !KNOWN.iter().any(|(known, _)| path.contains(known))
    });
    assert_eq!(unknown.count(), 0, "cases that differ and are not known to");
    assert!(
        tally.count(Verdict::Agrees) >= FLOOR,
        "fewer cases agree than did"
    );
    assert_eq!(tally.primitives, BTreeMap::new(), "fixtures need no more rows");
}

/// Recorded by `tests/real_jax/differential.py --freeze`.
#[test]
fn edges_are_those_of_jax() {
    let mut tally = Tally::default();
    for path in fixtures("differential") {
        tally.add(&path);
    }
    tally.report("differential");
    assert_eq!(tally.wrong, Vec::new());
    assert!(tally.count(Verdict::Agrees) >= 260, "recordings are missing");
}

#[test]
fn devices_compute_what_those_of_jax_computed() {
    let mut tally = Tally::default();
    for path in fixtures("devices") {
        tally.add(&path);
    }
    tally.report("devices");
    assert_eq!(tally.wrong, Vec::new());
    assert_eq!(tally.count(Verdict::Agrees), 8);
}

/// `JAXPEEP_CORPUS=DIR cargo test interp -- --nocapture` replays every recording below a folder.
#[test]
fn a_corpus_computes_what_jax_computed() {
    let Ok(folder) = std::env::var("JAXPEEP_CORPUS") else {
        return;
    };
    let mut tallies: BTreeMap<PathBuf, Tally> = BTreeMap::new();
    for path in jaxprs_below(Path::new(&folder)) {
        let version = path.parent().map(Path::to_owned).unwrap_or_default();
        tallies.entry(version).or_default().add(&path);
    }
    for (version, tally) in &tallies {
        tally.report(&version.display().to_string());
    }
    let wrong = tallies.values().flat_map(|tally| &tally.wrong);
    let unknown: Vec<_> = wrong
        .filter(|(path, _)| {
            let path = path.to_string_lossy().replace('\\', "/");
            !EXCEPTIONS.iter().any(|(known, _)| path.contains(known))
        })
        .collect();
    assert!(
        unknown.is_empty(),
        "cases that differ and are not known to: {unknown:?}"
    );
}

#[test]
fn a_primitive_without_a_row_is_named_before_anything_runs() {
    let text = "{ lambda ; a:f32[]. let b:f32[] = mystery a in (b,) }";
    let loaded = jaxpeep::load::load("it", text.as_bytes()).expect("an unknown primitive can be read");
    let error = evaluate(
        &loaded.units[0].program,
        &jaxpeep::interp::Inputs::<f64>::default(),
        Options::default(),
    );
    assert_eq!(
        error.expect_err("unsupported").to_string(),
        "`mystery` cannot be evaluated"
    );
}
