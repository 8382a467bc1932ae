//! The numbers: the same test bodies natively and in a browser, on the CPU engine and on WebGPU.
//!
//! `cargo test --release` runs them natively; `wasm-pack test --headless --chrome` in a browser, with
//! `-- --no-default-features --features gpu` on WebGPU.

// Most of these are for the CPU engine only.
#[cfg_attr(not(feature = "cpu"), allow(dead_code))]
mod finite;
mod fixtures;
mod layers;
#[cfg_attr(not(feature = "cpu"), allow(dead_code))]
mod metrics;
#[cfg_attr(not(feature = "cpu"), allow(dead_code))]
mod objectives;
mod parity;
#[cfg_attr(not(feature = "cpu"), allow(dead_code))]
mod pixels;
#[cfg_attr(not(feature = "cpu"), allow(dead_code))]
mod probes;
mod properties;
#[cfg_attr(not(feature = "cpu"), allow(dead_code))]
mod readers;
#[cfg_attr(not(feature = "cpu"), allow(dead_code))]
mod runs;
#[cfg_attr(not(feature = "cpu"), allow(dead_code))]
mod why;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Declares tests from async functions, for both worlds.
macro_rules! tests {
    ($($module:ident: $($name:ident)*;)*) => {$(
        mod $module {
            $(
                #[cfg(target_arch = "wasm32")]
                #[wasm_bindgen_test::wasm_bindgen_test]
                async fn $name() {
                    crate::$module::$name().await;
                }

                #[cfg(not(target_arch = "wasm32"))]
                #[test]
                fn $name() {
                    pollster::block_on(crate::$module::$name());
                }
            )*
        }
    )*};
}

mod on_every_engine {
    tests! {
        parity: forward_of_every_family losses_and_gradients training optimisers grad_cam attack attack_on_the_sure;
        finite: nan_goes_through_every_layer;
        layers: convolutions_are_those_of_burn normalisation_is_its_formula;
        objectives: every_method_computes_what_pytorch_does;
        why: unicam_is_as_in_pytorch;
        properties: kl_gradient_is_its_finite_difference input_gradient_is_its_finite_difference tails_restart_from_every_tap
            nothing_is_nan_at_extremes attack_stays_in_its_ball;
        probes: equal_networks_have_no_difference;
        runs: a_short_run_learns_and_reports self_check_is_repeatable;
    }
}

// What these show does not depend on where tensors live, and WebGPU without a GPU is slow.
#[cfg(feature = "cpu")]
mod on_the_cpu {
    tests! {
        finite: what_is_not_a_number_is_no_answer weights_that_cannot_be_are_refused_by_name a_teacher_of_nan_is_blamed
            a_very_sure_teacher_can_be_fooled files_are_called_what_they_are;
        properties: ordinary_attacks_follow_the_cross_entropy_alone sure_attacks_climb_the_difference_of_logits;
        why: equal_networks_differ_in_nothing comparisons_know_their_controls;
        metrics: every_metric_computes_what_numpy_does u_centring_and_removal_are_projections
            cka_has_two_equal_forms_and_its_invariances debiased_forms_are_zero_for_unrelated_features
            distance_correlation_lies_between_0_and_1 relevance_is_found_where_it_was_put a_calibrated_table_has_no_error
            intervals_follow_the_seed_and_shrink nasty_tensors_give_numbers_or_reasons metrics_refuse_what_does_not_fit
            no_tensor_makes_a_metric_panic;
        objectives: gradients_are_finite_differences bad_tensors_are_named missing_features_are_named
            overflow_is_no_answer terms_belong_to_labels_or_to_the_teacher
            no_tensor_makes_an_objective_panic;
        probes: images_change_as_in_pytorch shape_bias_follows_from_the_items verdicts_belong_to_the_pictures
            probes_repeat_and_images_stand_alone reports_are_complete wrong_options_are_refused;
        pixels: changed_images_have_the_same_bits_everywhere;
        readers: readers_of_colours_answer_as_known gains_in_groups_are_known boundaries_of_known_networks_are_known;
        runs: own_pictures_are_explained_as_the_same_test_images_are a_checkpoint_goes_on_bit_for_bit looking_back_changes_nothing snapshots_hold_what_16_bits_cannot labels_only_gives_two_equal_networks arrival_of_shards_does_not_matter
            bad_files_are_refused_and_nothing_is_lost probes_refuse_bad_options live_settings_change_the_loss
            every_method_runs_and_goes_on_bit_for_bit learners_apart_are_learners_together fixed_copies_are_taught_once taught_ahead_is_taught a_chain_hands_on_its_students networks_of_a_chain_start_apart families_mix
            a_training_goes_on_bit_for_bit weights_survive_export_and_import;
    }
}
