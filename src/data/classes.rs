//! Class names of the CIFAR datasets, in the order of their label numbers.

/// The classes of CIFAR-10, as in `batches.meta.txt` of the official files.
pub const CIFAR10_CLASSES: [&str; 10] =
    ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// The classes of the digits.
pub const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// The fine classes of CIFAR-100, as in `fine_label_names.txt` of the official files (alphabetical).
#[rustfmt::skip]
pub const CIFAR100_CLASSES: [&str; 100] = [
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle",
    "bowl", "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle",
    "chair", "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur",
    "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard",
    "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain",
    "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree",
    "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket",
    "rose", "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider",
    "squirrel", "streetcar", "sunflower", "sweet_pepper", "table",
    "tank", "telephone", "television", "tiger", "tractor",
    "train", "trout", "tulip", "turtle", "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm",
];

/// The superclass (0 to 19, order of `coarse_label_names.txt`) of every fine class of CIFAR-100. A record whose two
/// label bytes disagree with this table does not come from CIFAR-100.
#[rustfmt::skip]
pub const CIFAR100_SUPERCLASS: [u8; 100] = [
     4,  1, 14,  8,  0,  6,  7,  7, 18,  3,
     3, 14,  9, 18,  7, 11,  3,  9,  7, 11,
     6, 11,  5, 10,  7,  6, 13, 15,  3, 15,
     0, 11,  1, 10, 12, 14, 16,  9, 11,  5,
     5, 19,  8,  8, 15, 13, 14, 17, 18, 10,
    16,  4, 17,  4,  2,  0, 17,  4, 18, 17,
    10,  3,  2, 12, 12, 16, 12,  1,  9, 19,
     2, 10,  0,  1, 16, 12,  9, 13, 15, 13,
    16, 19,  2,  4,  6, 19,  5,  5,  8, 19,
    18,  1,  2, 15,  6,  0, 17,  8, 14, 13,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hundred_fine_classes_are_sorted_and_five_to_a_superclass() {
        assert!(CIFAR100_CLASSES.windows(2).all(|pair| pair[0] < pair[1]));
        for superclass in 0..20 {
            assert_eq!(CIFAR100_SUPERCLASS.iter().filter(|&&s| s == superclass).count(), 5);
        }
        let members = |superclass: u8| -> Vec<&str> {
            (0..100).filter(|&i| CIFAR100_SUPERCLASS[i] == superclass).map(|i| CIFAR100_CLASSES[i]).collect()
        };
        assert_eq!(members(0), ["beaver", "dolphin", "otter", "seal", "whale"]);
        assert_eq!(members(14), ["baby", "boy", "girl", "man", "woman"]);
        assert_eq!(members(19), ["lawn_mower", "rocket", "streetcar", "tank", "tractor"]);
    }
}
