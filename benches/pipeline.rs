//! How long each step takes for an equation, from a thousand equations to a million, and how much memory.
//!
//! `JAXPEEP_BENCH_DIR` names a directory of `FAMILY_SIZE.jaxpr` as `generate.py` writes them. Without it, a fixture's
//! equations are repeated. Times are those of the processor, so that other programs disturb them little; a column is
//! best read against the same column of another row.
#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]
#![expect(clippy::cast_precision_loss, reason = "sizes here are far below 2^52")]

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use jaxpeep::improve::{Options, improve};
use jaxpeep::ir::{Atom, Program, ValueId, VarNames};
use jaxpeep::rules::RuleSet;
use jaxpeep::{lower, print, syntax};
use rustc_hash::FxHashMap;

const SIZES: [(&str, usize); 4] = [
    ("1k", 1_000),
    ("10k", 10_000),
    ("100k", 100_000),
    ("1m", 1_000_000),
];
/// A step is repeated until it has taken this long, and the quickest time counts.
const ENOUGH: Duration = Duration::from_millis(300);

fn main() {
    println!("microseconds an equation; in brackets the ratio to the row of 10k");
    for family in ["forward", "train"] {
        println!(
            "\n{family:8} {:>8} {:>13} {:>13} {:>13} {:>13} {:>13} {:>6} {:>8} {:>9}",
            "eqns", "parse", "lower", "print", "all three", "improve", "MB/s", "IR B/eqn", "peak B/eqn"
        );
        let mut base = None;
        for (name, equations) in SIZES {
            let text = text(family, name, equations);
            let row = measure(&text);
            if name == "10k" {
                base = Some(row.steps.map(|seconds| seconds / row.equations as f64));
            }
            row.show(base);
        }
    }
    many_files();
    start_up();
}

/// A large print-out: JAX's own, or a fixture's equations over and over.
fn text(family: &str, size: &str, equations: usize) -> String {
    match std::env::var_os("JAXPEEP_BENCH_DIR") {
        Some(directory) => {
            let path = PathBuf::from(directory).join(format!("{family}_{size}.jaxpr"));
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        }
        None if family == "train" => repeated(
            include_str!("../fixtures/jaxpr/0.10.2/cross_entropy_one_hot.jaxpr"),
            equations,
        ),
        None => repeated(
            include_str!("../fixtures/jaxpr/0.10.2/logaddexp_two.jaxpr"),
            equations,
        ),
    }
}

/// The equations of a print-out, repeated with new names.
fn repeated(text: &str, equations: usize) -> String {
    let mut program = read(text);
    let main = program.main();
    let original = program.blocks[main].eqns.clone();
    let mut names = VarNames::default();
    for value in program.values.ids() {
        names.skip_past(program.values[value].name);
    }
    while program.blocks[main].eqns.len() < equations {
        let mut copies: FxHashMap<ValueId, ValueId> = FxHashMap::default();
        for &eqn in &original {
            let copy = |atom: &Atom| match atom {
                Atom::Value(value) => Atom::Value(copies.get(value).copied().unwrap_or(*value)),
                Atom::Literal(literal) => Atom::Literal(*literal),
            };
            let inputs: Vec<Atom> = program.inputs(eqn).iter().map(copy).collect();
            let mut outputs = Vec::new();
            for value in program.outputs(eqn).to_vec() {
                let fresh = program.add_value(names.fresh(), program.values[value].ty);
                copies.insert(value, fresh);
                outputs.push(fresh);
            }
            let (primitive, params) = (program.eqns[eqn].primitive, program.eqns[eqn].params);
            let eqn = program.add_eqn(primitive, params, &inputs, &outputs);
            program.blocks[main].eqns.push(eqn);
        }
    }
    print::print(&program)
}

fn read(text: &str) -> Program {
    let (ast, errors) = syntax::parse(text);
    assert!(errors.is_empty(), "{errors:?}");
    let (mut programs, errors) = lower::lower(text, &ast);
    assert!(errors.is_empty(), "{errors:?}");
    programs.remove(0)
}

struct Row {
    equations: usize,
    bytes: usize,
    /// Seconds to parse, lower, print, improve.
    steps: [f64; 4],
    ir_bytes: usize,
    peak_bytes: Option<usize>,
}

fn measure(text: &str) -> Row {
    // First, while no memory lies about that earlier steps have given back.
    let peak_bytes = peak(|| {
        let program = read(text);
        print::print(&program)
    });
    let (ast, _) = syntax::parse(text);
    let program = lower::lower(text, &ast).0.remove(0);
    let rules = RuleSet::builtin();
    let options = Options::default();
    Row {
        equations: program.eqns.len(),
        bytes: text.len(),
        steps: [
            quickest(|| (), |()| syntax::parse(text)),
            quickest(|| (), |()| lower::lower(text, &ast)),
            quickest(|| (), |()| print::print(&program)),
            quickest(
                || program.clone(),
                |mut program| improve(&mut program, &rules, &options),
            ),
        ],
        ir_bytes: program.bytes(),
        peak_bytes,
    }
}

impl Row {
    fn show(&self, base: Option<[f64; 4]>) {
        let equations = self.equations as f64;
        let column = |seconds: f64, base: Option<f64>| match base {
            Some(base) => format!(
                "{:.3} ({:.2})",
                seconds * 1e6 / equations,
                seconds / equations / base
            ),
            None => format!("{:.3}", seconds * 1e6 / equations),
        };
        let total = |steps: [f64; 4]| steps[..3].iter().sum::<f64>();
        println!(
            "{:8} {:>8} {:>13} {:>13} {:>13} {:>13} {:>13} {:>6.0} {:>8} {:>9}",
            "",
            self.equations,
            column(self.steps[0], base.map(|base| base[0])),
            column(self.steps[1], base.map(|base| base[1])),
            column(self.steps[2], base.map(|base| base[2])),
            column(total(self.steps), base.map(total)),
            column(self.steps[3], base.map(|base| base[3])),
            self.bytes as f64 / total(self.steps) / 1e6,
            self.ir_bytes / self.equations,
            self.peak_bytes
                .map_or_else(String::new, |bytes| (bytes / self.equations).to_string()),
        );
    }
}

/// The least time that `step` takes; what `prepare` takes and what `step` returns are left out.
fn quickest<T, R>(prepare: impl Fn() -> T, step: impl Fn(T) -> R) -> f64 {
    let (mut least, mut total) = (Duration::MAX, Duration::ZERO);
    while total < ENOUGH {
        // The clock ticks every few milliseconds, so quick steps are counted many at a time.
        let mut rounds = 0;
        let mut taken = Duration::ZERO;
        while taken < ENOUGH / 3 {
            let input = prepare();
            let start = clock();
            let result = step(input);
            taken += clock().saturating_sub(start);
            drop(result);
            rounds += 1;
        }
        least = least.min(taken / rounds);
        total += taken;
    }
    least.as_secs_f64()
}

/// Time that this thread has had a processor; the time of day where the system does not tell.
fn clock() -> Duration {
    thread_local!(static START: Instant = Instant::now());
    let nanoseconds = std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok());
    nanoseconds.map_or_else(|| START.with(Instant::elapsed), Duration::from_nanos)
}

/// How much more memory than before `work` needed at its peak, text and all, where the system tells.
fn peak<R>(work: impl FnOnce() -> R) -> Option<usize> {
    std::fs::write("/proc/self/clear_refs", "5").ok()?;
    let before = status("VmRSS:")?;
    drop(work());
    Some(status("VmHWM:")?.saturating_sub(before))
}

fn status(key: &str) -> Option<usize> {
    read_status("/proc/self/status", key)
}

fn read_status(path: &str, key: &str) -> Option<usize> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    let kilobytes: usize = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// What `check` does to folders of files with a thousand equations each: neither the time for a file nor the memory
/// of a thread should depend on how many there are.
fn many_files() {
    println!("\ncheck of files with 1k equations; in brackets the ratio to the first row");
    println!("{:>6} {:>17} {:>17}", "files", "ms a file", "peak MB");
    let folder = std::env::temp_dir().join(format!("jaxpeep-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for the files");
    let texts = [
        include_str!("../fixtures/jaxpr/0.10.2/cross_entropy_one_hot.jaxpr"),
        include_str!("../fixtures/jaxpr/0.10.2/logaddexp_two.jaxpr"),
        include_str!("../fixtures/jaxpr/0.10.2/classic_softmax.jaxpr"),
        include_str!("../fixtures/jaxpr/0.10.2/classic_variance.jaxpr"),
    ]
    .map(|text| repeated(text, 1_000));
    let mut base = None;
    for files in [16, 160] {
        for file in 0..files {
            let path = folder.join(format!("{file:04}.jaxpr"));
            std::fs::write(path, &texts[file % texts.len()]).expect("the file is written");
        }
        let (seconds, peak) = check_folder(&folder);
        let (time, memory) = (seconds * 1e3 / files as f64, peak as f64 / 1e6);
        let (first_time, first_memory) = *base.get_or_insert((time, memory));
        println!(
            "{files:>6} {time:>9.1} ({:.2}) {memory:>9.1} ({:.2})",
            time / first_time,
            memory / first_memory
        );
    }
    let _ = std::fs::remove_dir_all(folder);
}

/// Seconds and the peak of memory.
fn check_folder(folder: &std::path::Path) -> (f64, usize) {
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_jaxpeep"))
        .args(["check", "--statistics", "--quiet"])
        .arg(folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().is_ok_and(|ended| ended.is_none()) {
        peak = read_status(&path, "VmHWM:").unwrap_or(0).max(peak);
        std::thread::sleep(Duration::from_millis(5));
    }
    (start.elapsed().as_secs_f64(), peak)
}

/// From starting the program to its end, when it has nothing to do.
fn start_up() {
    let run = || {
        let start = Instant::now();
        let status = Command::new(env!("CARGO_BIN_EXE_jaxpeep"))
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        status.expect("the program starts");
        start.elapsed()
    };
    let least = (0..30).map(|_| run()).min().unwrap_or_default();
    println!("\nstart-up: {:.1} ms", least.as_secs_f64() * 1e3);
}
