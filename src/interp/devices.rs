//! The devices of a mesh, simulated one after the other.
//!
//! A device runs until it needs what the others have not yet computed. When all have come that far, what they exchange
//! is computed, and each runs again from the start with what is now known, until all reach the end. So collectives may
//! stand anywhere, in calls and loops too, and the cost grows with the square of their number.

use std::cell::RefCell;

use super::fault::Fault;
use super::real::Real;
use super::tensor::Tensor;
use crate::ir::EqnId;

/// The mesh that a jaxpr runs on, and the device that runs it now.
pub(super) struct Frame<R> {
    /// The axes, with the number of devices along each.
    axes: Vec<(String, usize)>,
    device: usize,
    /// How many collectives the device has passed.
    passed: usize,
    /// For each collective that all devices reached, what each of them gets from it.
    known: Vec<Vec<Vec<Tensor<R>>>>,
    /// What the device brings to the first collective that is not known.
    brought: Option<(EqnId, Vec<Tensor<R>>)>,
}

/// The meshes that are being simulated, one inside the other.
pub(super) type Frames<R> = RefCell<Vec<Frame<R>>>;

/// What a collective computes: what each device gets, from what each brought, in the order of the devices.
pub(super) type Exchange<'a, R> = &'a dyn Fn(EqnId, &[Vec<Tensor<R>>]) -> Result<Vec<Vec<Tensor<R>>>, Fault>;

/// The place of a device along each of the axes.
pub(super) fn coordinates(axes: &[(String, usize)], device: usize) -> Vec<usize> {
    let mut rest = device;
    let mut found = vec![0; axes.len()];
    for (place, (_, size)) in found.iter_mut().zip(axes).rev() {
        *place = rest % size;
        rest /= size;
    }
    found
}

/// The number of a device along some of the axes taken together, and how many there are.
pub(super) fn along(axes: &[(String, usize)], device: usize, names: &[String]) -> Option<(usize, usize)> {
    let own = coordinates(axes, device);
    names.iter().try_fold((0, 1), |(at, count), name| {
        let axis = axes.iter().position(|(known, _)| known == name)?;
        Some((at * axes[axis].1 + own[axis], count * axes[axis].1))
    })
}

/// The devices that exchange over these axes, in groups, each in the order of the axes.
pub(super) fn groups(axes: &[(String, usize)], names: &[String]) -> Option<Vec<Vec<usize>>> {
    let count = axes.iter().map(|(_, size)| size).product();
    let mut found: Vec<(Vec<usize>, Vec<(usize, usize)>)> = Vec::new();
    for device in 0..count {
        let (at, _) = along(axes, device, names)?;
        let others: Vec<usize> = coordinates(axes, device)
            .into_iter()
            .zip(axes)
            .filter(|(_, (name, _))| !names.contains(name))
            .map(|(place, _)| place)
            .collect();
        match found.iter_mut().find(|(key, _)| *key == others) {
            Some((_, members)) => members.push((at, device)),
            None => found.push((others, vec![(at, device)])),
        }
    }
    let sorted = found.into_iter().map(|(_, mut members)| {
        members.sort_unstable();
        members.into_iter().map(|(_, device)| device).collect()
    });
    Some(sorted.collect())
}

/// Runs `body` on every device of a mesh, and gives what each computes.
pub(super) fn run<R: Real>(
    frames: &Frames<R>,
    axes: Vec<(String, usize)>,
    body: impl Fn(usize) -> Result<Vec<Tensor<R>>, Fault>,
    exchange: Exchange<'_, R>,
) -> Result<Vec<Vec<Tensor<R>>>, Fault> {
    let count: usize = axes.iter().map(|(_, size)| size).product();
    frames.borrow_mut().push(Frame {
        axes,
        device: 0,
        passed: 0,
        known: Vec::new(),
        brought: None,
    });
    let found = rounds(frames, count, &body, exchange);
    frames.borrow_mut().pop();
    found
}

fn rounds<R: Real>(
    frames: &Frames<R>,
    count: usize,
    body: &dyn Fn(usize) -> Result<Vec<Tensor<R>>, Fault>,
    exchange: Exchange<'_, R>,
) -> Result<Vec<Vec<Tensor<R>>>, Fault> {
    loop {
        let (mut results, mut brought) = (Vec::new(), Vec::new());
        for device in 0..count {
            if let Some(frame) = frames.borrow_mut().last_mut() {
                (frame.device, frame.passed, frame.brought) = (device, 0, None);
            }
            let result = body(device);
            let waits = frames
                .borrow_mut()
                .last_mut()
                .and_then(|frame| frame.brought.take());
            match (result, waits) {
                (_, Some(waits)) => brought.push(waits),
                (result, None) => results.push(result?),
            }
        }
        let Some((eqn, _)) = brought.first() else {
            return Ok(results);
        };
        let eqn = *eqn;
        if brought.len() != count || brought.iter().any(|(other, _)| *other != eqn) {
            return Err(Fault::Operands(
                "the devices do not meet at one collective".to_owned(),
            ));
        }
        let values: Vec<Vec<Tensor<R>>> = brought.into_iter().map(|(_, values)| values).collect();
        let given = exchange(eqn, &values)?;
        if let Some(frame) = frames.borrow_mut().last_mut() {
            frame.known.push(given);
        }
    }
}

/// What the device that runs now gets from a collective; an error, which ends its run, if that is not known yet.
pub(super) fn meet<R: Real>(
    frames: &Frames<R>,
    eqn: EqnId,
    values: &[Tensor<R>],
) -> Result<Vec<Tensor<R>>, Fault> {
    let mut frames = frames.borrow_mut();
    let frame = frames
        .last_mut()
        .ok_or_else(|| Fault::Operands("no mesh says how many devices there are".to_owned()))?;
    if let Some(given) = frame.known.get(frame.passed) {
        frame.passed += 1;
        return Ok(given[frame.device].clone());
    }
    frame.brought = Some((eqn, values.to_vec()));
    Err(Fault::Operands("it waits for the other devices".to_owned()))
}

/// The number of the device that runs now along these axes, and how many there are; the innermost mesh that has the
/// axes counts.
pub(super) fn position<R>(frames: &Frames<R>, names: &[String]) -> Option<(usize, usize)> {
    let frames = frames.borrow();
    let mut frames = frames.iter().rev();
    frames.find_map(|frame| along(&frame.axes, frame.device, names))
}

/// The axes of the innermost mesh.
pub(super) fn axes<R>(frames: &Frames<R>) -> Vec<(String, usize)> {
    frames
        .borrow()
        .last()
        .map(|frame| frame.axes.clone())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_exchange_along_axes() {
        let axes = [("x".to_owned(), 2), ("y".to_owned(), 3)];
        assert_eq!(coordinates(&axes, 4), [1, 1]);
        let y = ["y".to_owned()];
        assert_eq!(groups(&axes, &y), Some(vec![vec![0, 1, 2], vec![3, 4, 5]]));
        let turned = ["y".to_owned(), "x".to_owned()];
        assert_eq!(groups(&axes, &turned), Some(vec![vec![0, 3, 1, 4, 2, 5]]));
        assert_eq!(along(&axes, 4, &turned), Some((3, 6)));
        assert_eq!(along(&axes, 4, &["z".to_owned()]), None);
    }
}
