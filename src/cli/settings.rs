//! What is in force: the command line over `jaxpeep.toml` over the defaults, with the rules it asks for.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use globset::{Glob, GlobMatcher};

use super::args::{Allow, ImproveArgs};
use super::check::Finding;
use super::config::{self, Config};
use super::input::usage;
use super::output::Terminal;
use super::rules::add_rules;
use super::{Exit, Stop};
use crate::diagnostics::{self, Severity};
use crate::hazards::Kind;
use crate::improve::Options;
use crate::rules::RuleSet;

/// Everything that decides what is found.
pub(super) struct Settings {
    pub(super) rules: RuleSet,
    pub(super) options: Options,
    pub(super) verify: config::Verify,
    /// From `[check] fail-on`.
    pub(super) fail_on: Severity,
    /// From `[check] baseline`.
    pub(super) baseline: Option<PathBuf>,
    allowed: Vec<Allowed>,
}

/// An `[[allow]]`.
struct Allowed {
    rule: String,
    source: Option<Pattern>,
    reason: String,
    /// Whether it has accepted anything; files are checked on several threads.
    used: AtomicBool,
}

/// A pattern for Python lines.
struct Pattern {
    text: String,
    matcher: GlobMatcher,
}

impl Pattern {
    /// Whether a line is meant: as JAX names it, or by the last parts of its path, since JAX mostly names files from
    /// the root on and the project may lie anywhere.
    fn is_match(&self, source: &str) -> bool {
        let parts = source.match_indices(['/', '\\']).map(|(at, _)| &source[at + 1..]);
        std::iter::once(source)
            .chain(parts)
            .any(|text| self.matcher.is_match(Path::new(text)))
    }
}

impl Settings {
    /// Reads `jaxpeep.toml` and the user's rules, and checks that all rules exist which are asked for.
    pub(super) fn new(args: &ImproveArgs, terminal: &Terminal) -> Result<Self, Stop> {
        let config = config::load(terminal)?;
        let mut rules = RuleSet::builtin();
        let from_config = config.rules.dir.as_ref().map(|dir| config.folder.join(dir));
        if let Some(dir) = args.rules.clone().or(from_config) {
            add_rules(&dir, &mut rules, terminal)?;
        }
        let only = or(&args.only, &config.rules.only);
        let skip = or(&args.skip, &config.rules.skip);
        let of = |given: &[String], flag: &'static str, key: &'static str| {
            if given.is_empty() { key } else { flag }
        };
        check_names(&rules, &only, of(&args.only, "--only", "[rules] only"), terminal)?;
        check_names(&rules, &skip, of(&args.skip, "--skip", "[rules] skip"), terminal)?;
        if !only.is_empty() && only.iter().all(|name| skip.contains(name)) {
            let error = usage("there is no rule to apply: `skip` leaves out all that `only` names");
            return Err(error.help("take it out of one of them").into());
        }
        let accepted: Vec<String> = config.allow.iter().map(|allowed| allowed.rule.clone()).collect();
        check_names(&rules, &accepted, "[[allow]]", terminal)?;
        let mode = args.regularize.or(config.regularize.mode);
        Ok(Self {
            options: Options {
                only,
                skip,
                regularize: mode.map(super::args::RegularizeMode::mode).unwrap_or_default(),
                ridge: args.ridge.or(config.regularize.ridge),
                approximate: args.allow.contains(&Allow::Approximate),
                dialect: args.dialect,
            },
            verify: config.verify,
            fail_on: config
                .check
                .fail_on
                .map_or(Severity::Warning, super::args::FailOn::severity),
            baseline: config
                .check
                .baseline
                .as_ref()
                .map(|path| config.folder.join(path)),
            allowed: allowed(&config)?,
            rules,
        })
    }

    /// The reason of the `[[allow]]` that accepts a finding.
    pub(super) fn allows(&self, finding: &Finding) -> Option<&str> {
        let source = finding.source.as_deref();
        let accepts = |allowed: &&Allowed| {
            allowed.rule == finding.rule
                && match &allowed.source {
                    Some(pattern) => source.is_some_and(|source| pattern.is_match(source)),
                    None => true,
                }
        };
        let mut accepting = self.allowed.iter().filter(accepts);
        let first = accepting.next()?;
        std::iter::once(first)
            .chain(accepting)
            .for_each(|allowed| allowed.used.store(true, Ordering::Relaxed));
        Some(&first.reason)
    }

    /// Says with `-v` which `[[allow]]` have accepted nothing: what they were for may be gone, or misspelt.
    pub(super) fn tell_unused(&self, terminal: &Terminal) {
        let unused = |allowed: &&Allowed| !allowed.used.load(Ordering::Relaxed);
        for allowed in self
            .allowed
            .iter()
            .filter(unused)
            .filter(|_| terminal.is_verbose())
        {
            let from = match &allowed.source {
                Some(pattern) => format!(" from `{}`", pattern.text),
                None => String::new(),
            };
            terminal.say(&format!(
                "[[allow]] accepts nothing: {}{from}: {}\n",
                allowed.rule, allowed.reason
            ));
        }
    }
}

/// The command line's list unless it is empty.
fn or(args: &[String], config: &[String]) -> Vec<String> {
    let chosen = if args.is_empty() { config } else { args };
    chosen.to_vec()
}

fn check_names(rules: &RuleSet, names: &[String], from: &str, terminal: &Terminal) -> Result<(), Stop> {
    let mut all: Vec<&str> = rules.infos().iter().map(|info| info.name.as_str()).collect();
    for kind in Kind::all() {
        all.push(kind.name());
    }
    let known = || all.iter().copied();
    let unknown: Vec<&String> = names
        .iter()
        .filter(|name| known().all(|known| known != name.as_str()))
        .collect();
    for name in &unknown {
        terminal.diagnostic(&diagnostics::unknown_rule(name, Some(from), known()), None);
    }
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Stop::Told)
    }
}

fn allowed(config: &Config) -> Result<Vec<Allowed>, Stop> {
    let compiled = config.allow.iter().map(|allowed| {
        let pattern = match &allowed.source {
            Some(source) => Some(pattern(source)?),
            None => None,
        };
        Ok(Allowed {
            rule: allowed.rule.clone(),
            source: pattern,
            reason: allowed.reason.clone(),
            used: AtomicBool::new(false),
        })
    });
    compiled.collect()
}

fn pattern(source: &str) -> Result<Pattern, Stop> {
    let glob = Glob::new(source).map_err(|error| {
        let message = format!("`source = \"{source}\"` is no pattern: {}", error.kind());
        let help = "`*` stands for anything, as in `model.py:*`".to_owned();
        diagnostics::config(message, None, "", Some(help))
    })?;
    Ok(Pattern {
        text: source.to_owned(),
        matcher: glob.compile_matcher(),
    })
}

/// The exit code of a run in which some inputs were wrong.
pub(super) fn worst(exits: impl IntoIterator<Item = Exit>) -> Exit {
    exits.into_iter().max().unwrap_or(Exit::Clean)
}
