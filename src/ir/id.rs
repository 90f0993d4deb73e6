//! Typed `u32` ids, the arenas they index, and interners that give equal things equal ids.

use std::hash::Hash;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

use rustc_hash::FxHashMap;

/// An index into one kind of arena.
pub trait Id: Copy + Eq + Hash {
    /// The id of the `index`-th element.
    fn from_index(index: usize) -> Self;
    /// Which element the id stands for.
    fn index(self) -> usize;
}

/// Declares ids: `define_ids! { /// What it names. EqnId }`.
macro_rules! define_ids {
    ($($(#[$doc:meta])* $name:ident)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $crate::ir::Id for $name {
            fn from_index(index: usize) -> Self {
                debug_assert!(u32::try_from(index).is_ok(), "an arena holds fewer than 2^32 elements");
                Self(index as u32)
            }
            fn index(self) -> usize {
                self.0 as usize
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    )+};
}
pub(crate) use define_ids;

/// A vector indexed by its own kind of id.
#[derive(Clone, Debug)]
pub struct Arena<I, T> {
    items: Vec<T>,
    id: PhantomData<fn() -> I>,
}

impl<I, T> Default for Arena<I, T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            id: PhantomData,
        }
    }
}

impl<I: Id, T> Arena<I, T> {
    /// Adds an element and names it.
    pub fn push(&mut self, item: T) -> I {
        self.items.push(item);
        I::from_index(self.items.len() - 1)
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether nothing has been added.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// All elements with their ids, in the order in which they were added.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (I, &T)> {
        self.items
            .iter()
            .enumerate()
            .map(|(index, item)| (I::from_index(index), item))
    }

    /// All ids.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = I> + use<I, T> {
        (0..self.items.len()).map(I::from_index)
    }

    /// Bytes that the elements take, what they point to left out.
    pub fn shallow_bytes(&self) -> usize {
        self.items.capacity() * size_of::<T>()
    }
}

impl<I: Id, T> Index<I> for Arena<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.items[id.index()]
    }
}

impl<I: Id, T> IndexMut<I> for Arena<I, T> {
    fn index_mut(&mut self, id: I) -> &mut T {
        &mut self.items[id.index()]
    }
}

/// An arena that keeps one copy of equal elements.
#[derive(Clone, Debug)]
pub struct Interner<I, T> {
    arena: Arena<I, T>,
    ids: FxHashMap<T, I>,
}

impl<I, T> Default for Interner<I, T> {
    fn default() -> Self {
        Self {
            arena: Arena::default(),
            ids: FxHashMap::default(),
        }
    }
}

impl<I: Id, T: Clone + Eq + Hash> Interner<I, T> {
    /// The id of `item`, which is added if it is new.
    pub fn intern(&mut self, item: T) -> I {
        if let Some(&id) = self.ids.get(&item) {
            return id;
        }
        let id = self.arena.push(item.clone());
        self.ids.insert(item, id);
        id
    }

    /// Number of different elements.
    pub fn len(&self) -> usize {
        self.arena.len()
    }

    /// Whether nothing has been interned.
    pub fn is_empty(&self) -> bool {
        self.arena.is_empty()
    }

    /// All different elements with their ids, in the order in which they were first seen.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (I, &T)> {
        self.arena.iter()
    }
}

impl<I: Id, T> Index<I> for Interner<I, T> {
    type Output = T;
    fn index(&self, id: I) -> &T {
        &self.arena[id]
    }
}
