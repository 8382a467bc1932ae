//! Values by the ids of networks, in the order of the cohort.

use std::sync::Arc;

use serde::ser::{Serialize, SerializeMap, Serializer};

/// A short list of values, each with the id of its network. Serialised as an object with the ids as keys, in the list's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Named<T> {
    /// Shared by lists of the same networks: reports hold one such list an image.
    ids: Ids,
    values: Vec<T>,
}

/// The ids of some networks.
pub type Ids = Arc<[String]>;

impl<T> Named<T> {
    /// One value for each id, in the same order; surplus ids or values are left out.
    pub fn new(ids: &Ids, values: impl IntoIterator<Item = T>) -> Self {
        let values: Vec<T> = values.into_iter().take(ids.len()).collect();
        let ids = if values.len() == ids.len() { ids.clone() } else { ids[..values.len()].into() };
        Self { ids, values }
    }

    /// The value of a network; `None` if it is not in the list.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.ids.iter().position(|own| own == id).map(|at| &self.values[at])
    }

    /// The value at a place of the list.
    ///
    /// # Panics
    /// Past the end.
    pub fn at(&self, place: usize) -> &T {
        &self.values[place]
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Ids with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.ids.iter().map(String::as_str).zip(&self.values)
    }

    /// The values.
    pub fn values(&self) -> impl Iterator<Item = &T> {
        self.values.iter()
    }

    /// Applies a function to each value.
    pub fn map<U>(&self, f: impl FnMut(&T) -> U) -> Named<U> {
        Named { ids: self.ids.clone(), values: self.values.iter().map(f).collect() }
    }
}

impl<T, E> Named<Result<T, E>> {
    /// All values, or the first error.
    ///
    /// # Errors
    /// The first of the list.
    pub fn transpose(self) -> Result<Named<T>, E> {
        Ok(Named { ids: self.ids, values: self.values.into_iter().collect::<Result<_, E>>()? })
    }
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self { ids: Arc::new([]), values: Vec::new() }
    }
}

impl<T, S: Into<String>> FromIterator<(S, T)> for Named<T> {
    fn from_iter<I: IntoIterator<Item = (S, T)>>(entries: I) -> Self {
        let (ids, values): (Vec<String>, Vec<T>) = entries.into_iter().map(|(id, value)| (id.into(), value)).unzip();
        Self { ids: ids.into(), values }
    }
}

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (id, value) in self.iter() {
            map.serialize_entry(id, value)?;
        }
        map.end()
    }
}
