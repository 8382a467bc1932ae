//! What must hold whatever the numbers are.

use crate::parity::plain_attack;
use kd_lens::nets::Architecture;
use kd_lens::objectives::{cross_entropy, kl_divergence, one_hot};
use kd_lens::probes::attack::{Attack, Norm};
use kd_lens::probes::grad_cam::class_activation;

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
        let after = read(plain.on(&network, clean.clone(), &[3, 5], None).expect("an attack")).await;
        let most = before.iter().zip(&after).fold(0f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(after.iter().all(|v| (0.0..=1.0).contains(v)));
        assert!((f64::from(most) - epsilon / 255.0).abs() < 1e-6, "moved by {most} at ε = {epsilon}/255");
        // In L2, ε bounds the root mean square of the change; clipping to [0, 1] only makes it smaller.
        let round = Attack { norm: Norm::L2, ..plain };
        let after = read(round.on(&network, clean.clone(), &[3, 5], None).expect("an attack")).await;
        for (a, b) in before.chunks_exact(3072).zip(after.chunks_exact(3072)) {
            let size = a.iter().zip(b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / 3072.0;
            assert!(size.sqrt() <= epsilon / 255.0 * 1.001 + 1e-7, "{} at ε = {epsilon}/255", size.sqrt());
            assert!(epsilon == 0.0 || size.sqrt() > 0.5 * epsilon / 255.0, "the ball is used: {}", size.sqrt());
        }
    }
}
