//! What is in force: the command line over `jaxpeep.toml` over the defaults, with the rules it asks for.

use std::path::{Path, PathBuf};

use globset::{Glob, GlobMatcher};

use super::args::{Allow, ImproveArgs};
use super::check::Finding;
use super::config::{self, Config};
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
    source: Option<GlobMatcher>,
    reason: String,
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
        check_names(&rules, &only, "--only", terminal)?;
        check_names(&rules, &skip, "--skip", terminal)?;
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
                    Some(pattern) => source.is_some_and(|source| pattern.is_match(Path::new(source))),
                    None => true,
                }
        };
        self.allowed
            .iter()
            .find(accepts)
            .map(|allowed| allowed.reason.as_str())
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
            Some(source) => Some(
                Glob::new(source)
                    .map_err(|error| {
                        diagnostics::config(
                            format!("`source = \"{source}\"` is no pattern: {}", error.kind()),
                            None,
                            "",
                            Some("`*` stands for anything, as in `model.py:*`".to_owned()),
                        )
                    })?
                    .compile_matcher(),
            ),
            None => None,
        };
        Ok(Allowed {
            rule: allowed.rule.clone(),
            source: pattern,
            reason: allowed.reason.clone(),
        })
    });
    compiled.collect()
}

/// The exit code of a run in which some inputs were wrong.
pub(super) fn worst(exits: impl IntoIterator<Item = Exit>) -> Exit {
    exits.into_iter().max().unwrap_or(Exit::Clean)
}
