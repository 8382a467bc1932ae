//! Which images are told apart from an image: others, of other classes, drawn without replacement.

use rand::Rng;

use crate::data::rng::below;

/// Images in the order of their classes, so that those of all other classes are two ranges.
#[derive(Debug, Clone, Default)]
pub struct ByClass {
    labels: Vec<u8>,
    /// Images, sorted by class.
    order: Vec<u32>,
    /// Where a class begins in `order`; one entry more than there are classes.
    starts: Vec<usize>,
    /// All false between calls of [`ByClass::draw`].
    taken: Vec<bool>,
}

impl ByClass {
    /// Sorts images 0, 1, … with these classes, all below `classes`, in O(N); whether they are others than in the last call.
    pub fn sort(&mut self, labels: &[u8], classes: usize) -> bool {
        if self.labels == labels && self.starts.len() == classes + 1 {
            return false;
        }
        let mut order: Vec<u32> = (0..labels.len() as u32).collect();
        order.sort_by_key(|&i| labels[i as usize]);
        let below = |class: usize| order.partition_point(|&i| usize::from(labels[i as usize]) < class);
        self.starts = (0..=classes).map(below).collect();
        self.order = order;
        self.taken = vec![false; labels.len()];
        self.labels = labels.to_vec();
        true
    }

    /// How many images are of other classes than `class`.
    pub fn others(&self, class: usize) -> usize {
        self.order.len() - (self.starts[class + 1] - self.starts[class])
    }

    /// 1 where an image is of another class: a row for each class, `classes · images` numbers.
    pub fn table(&self, images: usize) -> Vec<f32> {
        let row = |class: usize| {
            let other = move |i: usize| self.labels.get(i).is_some_and(|&label| usize::from(label) != class);
            (0..images).map(move |i| f32::from(u8::from(other(i))))
        };
        (0..self.starts.len().saturating_sub(1)).flat_map(row).collect()
    }

    /// `count` different images of other classes, or all if there are fewer. Every set of them is equally likely; O(`count`).
    ///
    /// Floyd's algorithm (Bentley & Floyd 1987): the j-th candidate joins the set, or an earlier one in its place.
    pub fn draw(&mut self, class: usize, count: usize, rng: &mut impl Rng) -> Vec<i32> {
        let (start, own) = (self.starts[class], self.starts[class + 1] - self.starts[class]);
        let others = self.order.len() - own;
        let first = others.saturating_sub(count);
        let mut places = Vec::with_capacity(others - first);
        for last in first..others {
            // All of them need no dice.
            let drawn = if first == 0 { last } else { below(rng, last as u32 + 1) as usize };
            let place = if self.taken[drawn] { last } else { drawn };
            self.taken[place] = true;
            places.push(place);
        }
        for place in &places {
            self.taken[*place] = false;
        }
        places.iter().map(|&p| self.order[if p < start { p } else { p + own }] as i32).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::data::rng::{Purpose, stream};

    const LABELS: [u8; 12] = [2, 0, 1, 1, 0, 2, 2, 1, 2, 0, 2, 1];

    fn sorted() -> ByClass {
        let mut images = ByClass::default();
        images.sort(&LABELS, 4);
        images
    }

    fn rng(trial: u64) -> impl Rng {
        stream(5, Purpose::Method, trial, 0)
    }

    #[test]
    fn every_set_of_others_is_equally_likely() {
        let mut images = sorted();
        for (class, count) in [(0, 4), (1, 2), (2, 6), (3, 11)] {
            let mut seen: BTreeMap<BTreeSet<i32>, i32> = BTreeMap::new();
            let others = images.others(class);
            let sets = (0..count).fold(1, |n, i| n * (others - i) / (i + 1));
            let trials = 300 * sets;
            for trial in 0..trials as u64 {
                let drawn = images.draw(class, count, &mut rng(trial));
                let set: BTreeSet<i32> = drawn.iter().copied().collect();
                assert_eq!(set.len(), count, "{drawn:?} has repetitions");
                assert!(set.iter().all(|&i| usize::from(LABELS[i as usize]) != class), "{drawn:?} of class {class}");
                *seen.entry(set).or_default() += 1;
            }
            assert_eq!(seen.len(), sets);
            // The standard deviation of a count is 17; of 126 counts one beyond 5 of them is a chance of 1 in 14,000.
            assert!(seen.values().all(|n| (n - 300).abs() < 87), "{class}: {seen:?}");
        }
    }

    #[test]
    fn each_image_is_drawn_as_often_as_another_out_of_many() {
        let labels: Vec<u8> = (0..3000).map(|i| (i % 10) as u8).collect();
        let mut images = ByClass::default();
        images.sort(&labels, 10);
        let mut counts = vec![0_i32; labels.len()];
        for trial in 0..2000 {
            images.draw(3, 300, &mut rng(trial)).into_iter().for_each(|i| counts[i as usize] += 1);
        }
        // 2000 · 300 / 2700 = 222 on average, standard deviation 14.
        for (i, count) in counts.into_iter().enumerate() {
            assert!(if i % 10 == 3 { count == 0 } else { (count - 222).abs() < 77 }, "image {i}: {count}");
        }
    }

    #[test]
    fn draws_are_a_function_of_the_stream() {
        // From an independent implementation; the same on every target, as the generator's words are.
        let mut images = sorted();
        assert_eq!(images.draw(1, 5, &mut rng(0)), [0, 4, 6, 5, 10]);
        assert_eq!(images.draw(1, 5, &mut rng(0)), [0, 4, 6, 5, 10], "nothing is left of an earlier call");
        assert_eq!(images.draw(1, 5, &mut rng(1)), [9, 5, 0, 8, 4]);
    }

    #[test]
    fn where_there_are_too_few_all_are_taken() {
        let mut images = sorted();
        assert_eq!(images.others(2), 7);
        for count in [7, 8, 100] {
            assert_eq!(images.draw(2, count, &mut rng(0)), [1, 4, 9, 2, 3, 7, 11]);
        }
        assert!(images.sort(&[1, 1], 2) && !images.sort(&[1, 1], 2));
        assert!(images.draw(1, 3, &mut rng(0)).is_empty());
        assert_eq!((images.others(1), images.others(0)), (0, 2));
        images.sort(&[], 2);
        assert!(images.draw(1, 3, &mut rng(0)).is_empty());
    }

    #[test]
    fn the_table_says_who_is_of_another_class() {
        let mut images = ByClass::default();
        images.sort(&[1, 0, 1], 3);
        // The fourth image's class is not known.
        assert_eq!(images.table(4), [1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0]);
    }
}
