//! When each block was last gone over, and whether it has to be gone over again.

use super::Refusal;
use crate::analysis::Calls;
use crate::ir::{BlockId, EqnId, Id as _, Program};
use crate::rewrite::candidates::PHASES;
use crate::rewrite::pattern::Phase;

/// What is known of all blocks. Time goes on with each block that changes.
#[derive(Debug)]
pub(super) struct States {
    blocks: Vec<State>,
    now: u32,
}

#[derive(Clone, Debug, Default)]
struct State {
    /// When the block changed, or one that it calls.
    changed: u32,
    visits: [Option<Visit>; PHASES],
    /// The phase whose open roots callers try: the last one that had anything to look at.
    open: Option<Phase>,
    /// How many equations of the text are in the block.
    size: usize,
}

#[derive(Clone, Debug)]
struct Visit {
    at: u32,
    /// `None` if the phase had nothing to look at.
    left: Option<Box<Left>>,
}

/// What going over a block has left behind.
#[derive(Clone, Debug, Default)]
pub(super) struct Left {
    /// Roots whose pattern goes on beyond the block's inputs: tried again wherever the block is called.
    pub(super) open: Vec<EqnId>,
    /// What matched and was not applied.
    pub(super) refused: Vec<Refusal>,
    /// The blocks whose open roots the calls tried, and the phase that left these.
    pub(super) seen_open: Vec<(BlockId, Phase)>,
}

impl States {
    /// Nothing has been gone over.
    pub(super) fn of(program: &Program) -> Self {
        let state = |eqns: usize| State {
            size: eqns,
            ..State::default()
        };
        Self {
            blocks: program
                .blocks
                .iter()
                .map(|(_, block)| state(block.eqns.len()))
                .collect(),
            now: 0,
        }
    }

    /// The time.
    pub(super) fn now(&self) -> u32 {
        self.now
    }

    /// Whether going over a block would find what it found the last time. Blocks inside come first.
    pub(super) fn pass_over(&mut self, calls: &Calls, block: BlockId, phase: Phase) -> bool {
        let inside = calls
            .callees(block)
            .iter()
            .map(|callee| self.blocks[callee.index()].changed)
            .max();
        let state = &mut self.blocks[block.index()];
        state.changed = state.changed.max(inside.unwrap_or(0));
        let state = &self.blocks[block.index()];
        let Some(visit) = state.visits[phase as usize]
            .as_ref()
            .filter(|visit| visit.at >= state.changed)
        else {
            return false;
        };
        let seen_open = visit.left.as_ref().map_or(&[][..], |left| &left.seen_open);
        if !self
            .open_callees(calls, block, phase)
            .eq(seen_open.iter().copied())
        {
            return false;
        }
        if visit.left.is_some() {
            self.blocks[block.index()].open = Some(phase);
        }
        true
    }

    /// The blocks with open roots that a phase has to try at the calls in `block`.
    pub(super) fn open_callees(
        &self,
        calls: &Calls,
        block: BlockId,
        phase: Phase,
    ) -> impl Iterator<Item = (BlockId, Phase)> {
        let callees = if phase == Phase::Composite {
            calls.callees(block)
        } else {
            &[]
        };
        let open = |&callee: &BlockId| {
            self.blocks[callee.index()]
                .open
                .filter(|_| !self.open(callee).is_empty())
        };
        callees
            .iter()
            .filter_map(move |callee| Some((*callee, open(callee)?)))
    }

    /// The open roots of a block.
    pub(super) fn open(&self, block: BlockId) -> &[EqnId] {
        let state = &self.blocks[block.index()];
        let visit = state.open.and_then(|phase| state.visits[phase as usize].as_ref());
        visit
            .and_then(|visit| visit.left.as_ref())
            .map_or(&[], |left| &left.open)
    }

    /// Notes what a phase that started at a time has left of a block; nothing if it had nothing to look at.
    pub(super) fn visited(&mut self, block: BlockId, phase: Phase, at: u32, left: Option<Left>) {
        let state = &mut self.blocks[block.index()];
        if left.is_some() {
            state.open = Some(phase);
        }
        state.visits[phase as usize] = Some(Visit {
            at,
            left: left.map(Box::new),
        });
    }

    /// Notes that a block has changed.
    pub(super) fn changed(&mut self, block: BlockId) {
        self.now += 1;
        self.blocks[block.index()].changed = self.now;
    }

    /// How many replacements a phase may make in a block, new ones of new ones included. It follows from the text
    /// and not from what became of it, or what grows would grow faster and faster.
    pub(super) fn fuel(&self, block: BlockId) -> usize {
        4 * self.blocks[block.index()].size + 64
    }

    /// Notes that equations of the text were copied into a block.
    pub(super) fn copied(&mut self, block: BlockId, eqns: usize) {
        self.blocks[block.index()].size += eqns;
    }

    /// What each phase refused when it last went over each block.
    pub(super) fn refusals(&mut self, order: &[BlockId]) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        for phase in Phase::ALL {
            for block in order {
                let visit = self.blocks[block.index()].visits[phase as usize].as_mut();
                if let Some(left) = visit.and_then(|visit| visit.left.as_mut()) {
                    refusals.append(&mut left.refused);
                }
            }
        }
        refusals
    }
}
