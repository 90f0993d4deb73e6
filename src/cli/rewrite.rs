//! `jaxpeep rewrite`: the improved jaxpr, and what was done and why.

mod statistics;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::args::{Emit, RewriteArgs, RewriteFormat};
use super::input::{self, Gathered, Input, usage};
use super::output::{Terminal, write_file};
use super::settings::{Settings, worst};
use super::verify::{Judged, judged};
use super::{Exit, Run, Stop, bug, emit, json, report};
use crate::diagnostics::{Diagnostic, Source};
use crate::emit::Module;
use crate::improve::{Outcome, improve};
use crate::load::{Broken, Loaded, load};
use crate::print::print;
use crate::schema::Version;

/// Runs the command.
pub(super) fn run(args: &RewriteArgs, terminal: &Terminal) -> Run {
    let gathered = input::gather(&args.files.files);
    let destination = Destination::new(args, &gathered)?;
    let settings = Settings::new(&args.improve, terminal)?;
    let files = input::each(&gathered.inputs, terminal, |input| {
        rewrite(input, args, &settings)
    });
    let mut exit = worst(gathered.wrong.iter().map(|_| Exit::Bad));
    if args.format == RewriteFormat::Json {
        Terminal::print_raw(document(&gathered, &files, &settings).as_bytes())?;
    } else {
        gathered
            .wrong
            .iter()
            .for_each(|wrong| terminal.diagnostic(wrong, None));
    }
    for (input, file) in gathered.inputs.iter().zip(&files) {
        exit = exit.max(finish(input, file, args, &destination, terminal)?);
    }
    if args.statistics && args.format == RewriteFormat::Text {
        terminal.print(&statistics::table(&frequencies(&files, &settings)))?;
    }
    Ok(exit)
}

/// How often each rule was applied in the files that could be used.
fn frequencies<'a>(files: &'a [Answer], settings: &'a Settings) -> Vec<json::RuleFrequency<'a>> {
    let outcomes = files.iter().flatten().flat_map(|file| &file.outcomes);
    statistics::frequencies(outcomes, &settings.rules)
}

/// A file that was rewritten, or why it was not.
type Answer = Result<Rewritten, Broken>;

struct Rewritten {
    loaded: Loaded,
    /// One for each print-out.
    outcomes: Vec<Outcome>,
    dialect: Option<Version>,
    /// The new text.
    output: String,
    /// How the numbers compare, with `--verify`; one for each print-out that changed.
    judged: Vec<Judged>,
    /// The new program as Python, if that is asked for.
    module: Option<Module>,
}

impl Rewritten {
    fn changed(&self) -> bool {
        self.output != self.loaded.text
    }
}

fn rewrite(input: &Input, args: &RewriteArgs, settings: &Settings) -> Answer {
    let bytes = input::read(input)?;
    let mut loaded = load(&input.name, &bytes)?;
    let dialect = settings.options.dialect.or_else(|| loaded.dialect());
    let paths = emit::paths(&loaded, &args.python);
    let mut outcomes = Vec::with_capacity(loaded.units.len());
    let mut texts = Vec::with_capacity(loaded.units.len());
    let mut judgements = Vec::new();
    for unit in &mut loaded.units {
        let original = args.verify.then(|| unit.program.clone());
        let outcome = improve(&mut unit.program, &settings.rules, &settings.options);
        // A print-out that nothing was done to stays as it was written, byte for byte.
        texts.push((!outcome.rewrites.is_empty()).then(|| print(&unit.program)));
        if let Some(original) = original.filter(|_| !outcome.rewrites.is_empty()) {
            judgements.push(judged(&original, &unit.program, settings));
        }
        outcomes.push(outcome);
    }
    let texts: Vec<Cow<'_, str>> = texts
        .into_iter()
        .zip(&loaded.units)
        .map(|(text, unit)| text.map_or_else(|| unit.span.text(&loaded.text).into(), Cow::Owned))
        .collect();
    let output = loaded.assemble(&texts);
    let module = match args.emit {
        Emit::Jaxpr => None,
        Emit::Python => Some(emit::module(&input.name, &mut loaded, &args.python, paths)?),
    };
    Ok(Rewritten {
        loaded,
        outcomes,
        dialect,
        output,
        judged: judgements,
        module,
    })
}

/// Writes one file's result and reports on it.
fn finish(input: &Input, file: &Answer, args: &RewriteArgs, to: &Destination, terminal: &Terminal) -> Run {
    let rewritten = match file {
        Ok(rewritten) => rewritten,
        Err(Broken { text, diagnostics }) => {
            if args.format == RewriteFormat::Text {
                terminal.broken(&input.name, text, diagnostics);
            }
            return Ok(bug::exit(diagnostics));
        }
    };
    if rewritten.judged.iter().any(|judged| judged.regressed) {
        refuse(input, rewritten, terminal);
        return Ok(Exit::Findings);
    }
    if args.diff {
        let diff = report::diff(&input.name, &rewritten.loaded.text, &rewritten.output);
        terminal.print(&diff)?;
    }
    let content = match &rewritten.module {
        Some(module) => Cow::Borrowed(module.text.as_str()),
        None => rewritten.loaded.with_line_ends(&rewritten.output),
    };
    let written = match to {
        Destination::Nowhere => None,
        Destination::Stdout => {
            Terminal::print_raw(content.as_bytes())?;
            None
        }
        // A file that does not change keeps its time stamp too.
        Destination::InPlace => input.path.as_deref().filter(|_| rewritten.changed()),
        Destination::Files(paths) => paths.get(&input.name).map(PathBuf::as_path),
    };
    if let Some(path) = written
        && let Err(wrong) = write_file(path, content.as_bytes())
    {
        terminal.diagnostic(&wrong, None);
        return Ok(Exit::Bad);
    }
    if args.format == RewriteFormat::Text && !args.statistics {
        if let Some(module) = &rewritten.module {
            emit::warn(&input.name, &rewritten.loaded, module, terminal);
        }
        tell(input, rewritten, written, terminal);
    }
    Ok(Exit::findings_if(args.diff && rewritten.changed()))
}

/// Says why a result that is worse than the original is written nowhere.
fn refuse(input: &Input, rewritten: &Rewritten, terminal: &Terminal) {
    let regressed = rewritten.judged.iter().filter(|judged| judged.regressed);
    for judged in regressed {
        let message = format!("{}: {}", input.name, judged.message);
        let error = Diagnostic::error("jaxpeep::verify::regressed", message);
        let error = error
            .help("nothing was written; `jaxpeep verify` shows the numbers, `--skip RULE` leaves a rule out");
        terminal.diagnostic(&error, None);
    }
}

fn tell(input: &Input, rewritten: &Rewritten, written: Option<&Path>, terminal: &Terminal) {
    let outcomes: Vec<&Outcome> = rewritten.outcomes.iter().collect();
    let source = Source::new(&input.name, &rewritten.loaded.text);
    let report = report::outcome(&input.name, &outcomes, &source);
    let written = written.map_or_else(String::new, |path| format!(", written to {}", path.display()));
    let dialect = rewritten.dialect.filter(|_| terminal.is_verbose());
    let dialect = dialect.map_or_else(String::new, |dialect| format!(" (as JAX {dialect} prints)"));
    let counts = report::counts(&outcomes);
    let judged = rewritten.judged.iter().map(|judged| judged.message.as_str());
    let counts = std::iter::once(counts.as_str())
        .chain(judged)
        .collect::<Vec<_>>()
        .join(", ");
    terminal.say(&format!("{report}{}: {counts}{written}{dialect}\n", input.name));
}

fn document(gathered: &Gathered, answers: &[Answer], settings: &Settings) -> String {
    let mut errors: Vec<json::Error> = gathered
        .wrong
        .iter()
        .map(|wrong| json::Error::new(None, wrong, None))
        .collect();
    let mut files = Vec::new();
    for (input, answer) in gathered.inputs.iter().zip(answers) {
        match answer {
            Ok(rewritten) => files.push(json_file(input, rewritten)),
            Err(broken) => errors.extend(json::broken(&input.name, broken)),
        }
    }
    json::document(&json::Rewrites {
        schema: json::SCHEMA,
        files,
        errors,
        statistics: frequencies(answers, settings),
    })
}

fn json_file<'a>(input: &'a Input, rewritten: &'a Rewritten) -> json::RewrittenFile<'a> {
    let source = Source::new(&input.name, &rewritten.loaded.text);
    let rewrites = rewritten.outcomes.iter().flat_map(|outcome| &outcome.rewrites);
    let pending = rewritten.outcomes.iter().flat_map(|outcome| &outcome.pending);
    json::RewrittenFile {
        file: &input.name,
        dialect: rewritten.dialect.map(|dialect| dialect.to_string()),
        rewrites: rewrites
            .map(|finding| json::Place::new(finding, &source))
            .collect(),
        pending: pending
            .map(|pending| json::PendingPlace::new(pending, &source))
            .collect(),
        output: &rewritten.output,
        verdicts: rewritten.judged.iter().map(|judged| judged.verdict).collect(),
        python: rewritten.module.as_ref().map(|module| module.text.as_str()),
        losses: rewritten
            .module
            .as_ref()
            .map(|module| losses(module, rewritten, &source)),
        constants: rewritten
            .module
            .as_ref()
            .map(|module| module.constants.as_slice()),
    }
}

fn losses<'a>(module: &'a Module, rewritten: &Rewritten, source: &Source<'_>) -> Vec<json::Loss<'a>> {
    let Some(unit) = rewritten.loaded.units.first() else {
        return Vec::new();
    };
    let losses = module.losses.iter();
    losses
        .map(|loss| json::Loss::new(loss, unit.program.span(loss.eqn), source))
        .collect()
}

/// Where results go.
enum Destination {
    /// A difference or a report is all that is wanted.
    Nowhere,
    Stdout,
    InPlace,
    /// A file for each input, by the input's name.
    Files(BTreeMap<String, PathBuf>),
}

impl Destination {
    fn new(args: &RewriteArgs, gathered: &Gathered) -> Result<Self, Stop> {
        let inputs = &gathered.inputs;
        if args.emit == Emit::Python && (args.in_place || args.diff) {
            let error = usage(
                "a module does not take the place of a jaxpr: `--emit python` has no `-i` and no `--diff`",
            );
            return Err(error.help("write it with `-o PATH`").into());
        }
        if args.in_place {
            if inputs.iter().any(|input| input.path.is_none()) {
                return Err(usage("standard input cannot be replaced: `-i` needs files").into());
            }
            return Ok(Self::InPlace);
        }
        if let Some(output) = &args.output {
            return Ok(Self::Files(targets(output, args.emit, gathered)?));
        }
        if args.diff || args.statistics || args.format == RewriteFormat::Json {
            return Ok(Self::Nowhere);
        }
        if inputs.len() > 1 {
            let error = usage(format!(
                "{} inputs cannot go to one standard output",
                inputs.len()
            ));
            return Err(error
                .help("replace the files with `-i`, write to a folder with `-o DIR`, or look at them with `--diff`")
                .into());
        }
        Ok(Self::Stdout)
    }
}

/// The file that each input is written to.
fn targets(output: &Path, emit: Emit, gathered: &Gathered) -> Result<BTreeMap<String, PathBuf>, Diagnostic> {
    let is_folder =
        gathered.several || output.is_dir() || output.as_os_str().to_string_lossy().ends_with('/');
    if !is_folder {
        let all = gathered
            .inputs
            .iter()
            .map(|input| (input.name.clone(), output.to_owned()));
        return Ok(all.collect());
    }
    let mut by_target: BTreeMap<PathBuf, &str> = BTreeMap::new();
    let mut by_input = BTreeMap::new();
    for input in &gathered.inputs {
        let mut target = output.join(&input.below);
        if emit == Emit::Python {
            target.set_extension("py");
        }
        if let Some(other) = by_target.insert(target.clone(), &input.name) {
            let message = format!(
                "`{other}` and `{}` would both be written to `{}`",
                input.name,
                target.display()
            );
            return Err(usage(message).help("give the folder that holds both, or write them in two runs"));
        }
        by_input.insert(input.name.clone(), target);
    }
    Ok(by_input)
}
