//! What must hold whatever the numbers are.

use crate::parity::plain_attack;
use burn::tensor::Tensor;
use kd_lens::nets::{Architecture, Network};
use kd_lens::objectives::{cross_entropy, kl_divergence, log_softmax, one_hot};
use kd_lens::probes::attack::{Attack, Norm};
use kd_lens::probes::grad_cam::class_activation;
use kd_lens::statistics::argmax;

use crate::fixtures::{assert_close, device, images, matrix, network, noise, read, tolerance};

/// KL and cross-entropy against central differences, in a random direction.
pub async fn kl_gradient_is_its_finite_difference() {
    let device = device().await;
    let labels = one_hot(&[1, 4, 4], 10, &device);
    let teacher: Vec<f32> = noise(30, 51).iter().map(|v| v * 4.0).collect();
    let student: Vec<f32> = noise(30, 52).iter().map(|v| v * 4.0).collect();
    let direction = noise(30, 53);
    let loss = async |values: Vec<f32>| {
        let s = matrix(values, 3).await.autodiff().require_grad();
        let t = matrix(teacher.clone(), 3).await;
        let sum = kl_divergence(t, s.clone(), 4.0) * 14.4 + cross_entropy(labels.clone(), s.clone()) * 0.1;
        let value = read(sum.clone().inner()).await[0];
        let gradient = read(s.grad(&sum.backward()).expect("a gradient")).await;
        (f64::from(value), gradient)
    };
    let h = 0.05;
    let moved = |by: f32| student.iter().zip(&direction).map(|(s, d)| s + by * d).collect::<Vec<_>>();
    let (up, down) = (loss(moved(h)).await.0, loss(moved(-h)).await.0);
    let numeric = (up - down) / (2.0 * f64::from(h));
    let analytic: f64 = loss(student.clone()).await.1.iter().zip(&direction).map(|(g, d)| f64::from(g * d)).sum();
    assert!((numeric - analytic).abs() < 2e-3 * analytic.abs().max(0.1), "{numeric} against {analytic}");
}

/// The gradient that attacks follow, against central differences.
pub async fn input_gradient_is_its_finite_difference() {
    let device = device().await;
    let labels = one_hot(&[3, 5], 10, &device);
    let network = network(Architecture::ResNet8, 1).await;
    let x = images(2, 7).await;
    let leaf = x.clone().autodiff().require_grad();
    let sum = cross_entropy(labels.clone(), network.logits(leaf.clone()));
    let gradient = leaf.grad(&sum.backward()).expect("a gradient");
    // Along the gradient itself the change is largest and rounding matters least.
    let norm = f64::from(read((gradient.clone() * gradient.clone()).sum()).await[0]).sqrt();
    let direction = gradient * (1.0 / norm);
    let h = 0.02;
    let mut values = Vec::new();
    for by in [h, -h] {
        let moved = x.clone() + direction.clone() * by;
        values.push(f64::from(read(cross_entropy(labels.clone(), network.logits(moved))).await[0]));
    }
    let numeric = (values[0] - values[1]) / (2.0 * h);
    assert!((numeric - norm).abs() < 0.03 * norm, "{numeric} against {norm}");
}

/// A network cut at a tap and restarted there gives the logits of the whole.
pub async fn tails_restart_from_every_tap() {
    for (architecture, salt) in [(Architecture::ResNet8, 1), (Architecture::Wrn16x2, 3), (Architecture::Vgg8, 4)] {
        let network = network(architecture, salt).await;
        let taps = network.forward(images(2, 7).await);
        let whole = read(taps.logits).await;
        assert_eq!(taps.maps.len(), network.maps());
        for (tap, map) in taps.maps.into_iter().enumerate() {
            let part = read(network.tail(tap, map)).await;
            assert_close(&format!("{architecture} from f{tap}"), &part, &whole, tolerance(1e-5).await);
        }
    }
}

/// Finite input gives finite losses, gradients and maps.
pub async fn nothing_is_nan_at_extremes() {
    let device = device().await;
    let labels = one_hot(&[0, 9], 10, &device);
    for scale in [0.0, 1e4] {
        let s = matrix(noise(20, 61).iter().map(|v| v * scale).collect(), 2).await.autodiff().require_grad();
        let t = matrix(noise(20, 62).iter().map(|v| v * -scale).collect(), 2).await;
        let sum = kl_divergence(t, s.clone(), 0.5) + cross_entropy(labels.clone(), s.clone());
        assert!(read(sum.clone().inner()).await[0].is_finite());
        assert!(read(s.grad(&sum.backward()).expect("a gradient")).await.iter().all(|g| g.is_finite()));
    }
    // A black and a white image, and an activation that is zero everywhere.
    let network = network(Architecture::ResNet8, 1).await;
    for value in [0.0, 1.0] {
        let x = images(1, 7).await * 0.0 + value;
        let taps = network.forward(x);
        assert!(read(taps.logits).await.iter().all(|v| v.is_finite()));
        let (map, _) = class_activation(&network, 3, taps.maps[3].clone() * 0.0, &[0]).expect("a map");
        assert!(read(map).await.iter().all(|v| *v == 0.0), "the map of nothing is nothing");
    }
}

/// No pixel moves by more than ε or leaves [0, 1]; ε = 0 changes nothing.
pub async fn attack_stays_in_its_ball() {
    let network = network(Architecture::ResNet8, 1).await;
    let clean = images(2, 7).await;
    let before = read(clean.clone()).await;
    for epsilon in [0.0, 3.0] {
        let plain = plain_attack(epsilon, 3);
        let after = read(plain.on(&network, clean.clone(), &[3, 5], None).expect("an attack").pixels).await;
        let most = before.iter().zip(&after).fold(0f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(after.iter().all(|v| (0.0..=1.0).contains(v)));
        assert!((f64::from(most) - epsilon / 255.0).abs() < 1e-6, "moved by {most} at ε = {epsilon}/255");
        // In L2, ε bounds the root mean square of the change; clipping to [0, 1] only makes it smaller.
        let round = Attack { norm: Norm::L2, ..plain };
        let after = read(round.on(&network, clean.clone(), &[3, 5], None).expect("an attack").pixels).await;
        for (a, b) in before.chunks_exact(3072).zip(after.chunks_exact(3072)) {
            let size = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / 3072.0;
            assert!(size.sqrt() <= epsilon / 255.0 * 1.001 + 1e-7, "{} at ε = {epsilon}/255", size.sqrt());
            assert!(epsilon == 0.0 || size.sqrt() > 0.5 * epsilon / 255.0, "the ball is used: {}", size.sqrt());
        }
    }
}

/// A network `factor` times as sure.
pub async fn surer(network: &Network, factor: f32) -> Network {
    let mut network = network.clone();
    let mut data = network.params.to_host().await.expect("weights");
    for (spec, values) in network.params.specs().iter().zip(&mut data) {
        if spec.name.starts_with("fc.") {
            values.iter_mut().for_each(|v| *v *= factor);
        }
    }
    network.params.set_host(data, &device().await).expect("the tensors fit");
    network
}

/// Where the cross-entropy has a gradient, an attack is bit for bit the one that knows nothing else.
pub async fn ordinary_attacks_follow_the_cross_entropy_alone() {
    let device = device().await;
    let network = network(Architecture::ResNet8, 1).await;
    let clean = images(4, 7).await;
    for factor in [1.0, 20.0] {
        let network = surer(&network, factor).await;
        let labels = predictions(&network, clean.clone()).await;
        let one_hot = one_hot(&labels, 10, &device);
        let found = plain_attack(6.0, 4).on(&network, clean.clone(), &labels, None).expect("an attack");
        assert_eq!(read(found.followed).await, [0.0; 4]);
        let mut x = clean.clone();
        for _ in 0..4 {
            let leaf = x.clone().autodiff().require_grad();
            let loss = (log_softmax(network.logits(leaf.clone())) * one_hot.clone()).sum() * -1.0;
            let gradient = leaf.grad(&loss.backward()).expect("a gradient");
            let (low, high) =
                ((clean.clone() - 6.0 / 255.0).clamp_min(0.0), (clean.clone() + 6.0 / 255.0).clamp_max(1.0));
            x = (x + gradient.sign() * (2.0 / 255.0)).max_pair(low).min_pair(high);
        }
        assert!(read(found.pixels).await == read(x).await, "{factor} times as sure");
    }
}

async fn predictions(network: &Network, x: Tensor<4>) -> Vec<usize> {
    read(network.logits(x)).await.chunks_exact(10).map(argmax).collect()
}

/// Where the cross-entropy is flat, the step goes along the gradient of the largest other logit less the label's, as finite
/// differences have it, and images beside it are attacked as if they were alone.
pub async fn sure_attacks_climb_the_difference_of_logits() {
    let network = surer(&network(Architecture::ResNet8, 1).await, 1e6).await;
    let clean = images(3, 7).await;
    let mut labels = predictions(&network, clean.clone()).await;
    // The last image is not what it is taken for: its cross-entropy is steep.
    labels[2] = (labels[2] + 1) % 10;
    let attack = Attack { norm: Norm::L2, ..plain_attack(4.0, 1) };
    let found = attack.on(&network, clean.clone(), &labels, None).expect("an attack");
    assert_eq!(read(found.followed).await, [1.0, 1.0, 0.0]);
    let logits = read(network.logits(clean.clone())).await;
    let (before, after) = (read(clean.clone()).await, read(found.pixels.clone()).await);
    for i in 0..2 {
        let row = &logits[i * 10..(i + 1) * 10];
        let rival = (0..10).filter(|&k| k != labels[i]).max_by(|&a, &b| row[a].total_cmp(&row[b])).expect("another");
        let margin = async |x: Tensor<4>| {
            let row = read(network.logits(x)).await[i * 10..(i + 1) * 10].to_vec();
            f64::from(row[rival]) - f64::from(row[labels[i]])
        };
        // Along what was added the margin grows as fast as along its own gradient, the steepest way, but for what [0, 1] cut off.
        let change: Vec<f64> = before.iter().zip(&after).map(|(b, a)| f64::from(a - b)).collect();
        let own = &change[i * 3072..(i + 1) * 3072];
        let length = own.iter().map(|c| c * c).sum::<f64>().sqrt();
        let leaf = clean.clone().autodiff().require_grad();
        let score = network.logits(leaf.clone());
        let pick = |k: usize| score.clone().narrow(0, i, 1).narrow(1, k, 1).sum();
        let slope = read(leaf.grad(&(pick(rival) - pick(labels[i])).backward()).expect("a gradient")).await;
        let slope = &slope[i * 3072..(i + 1) * 3072];
        let steepest = slope.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>().sqrt();
        let along = own.iter().zip(slope).map(|(c, s)| c * f64::from(*s)).sum::<f64>() / length;
        assert!(along > 0.9 * steepest, "image {i}: {along} of {steepest}");
        let h = 0.02 / length;
        let direction = (found.pixels.clone() - clean.clone()) * h;
        let numeric =
            (margin(clean.clone() + direction.clone()).await - margin(clean.clone() - direction).await) / 0.04;
        assert!((numeric - along).abs() < 0.05 * along, "image {i}: {numeric} and {along}");
    }
    let alone = |i: usize| {
        let (x, label) = (clean.clone().narrow(0, i, 1), labels[i]);
        attack.on(&network, x, &[label], None).expect("an attack").pixels
    };
    for i in 0..3 {
        assert!(read(alone(i)).await == after[i * 3072..(i + 1) * 3072], "image {i} depends on its company");
    }
}
