use super::*;

fn description(input: Shape, time: bool, layers: &[Layer]) -> Description<'_> {
    Description {
        input,
        time,
        layers,
        activation: Activation::Tanh,
        loss: Loss::CrossEntropy,
        bias: true,
        levelled: true,
    }
}

fn layers(text: &str) -> Vec<Layer> {
    #[derive(serde::Deserialize)]
    struct File {
        layers: Vec<Layer>,
    }
    let file: File = toml::from_str(&format!("layers = {text}")).unwrap();
    file.layers
}

fn sequence(features: usize, steps: usize) -> Shape {
    Shape {
        channels: features,
        height: 1,
        width: steps,
    }
}

fn refused(input: Shape, time: bool, text: &str) -> String {
    let layers = layers(text);
    description(input, time, &layers)
        .graph()
        .unwrap_err()
        .to_string()
}

#[test]
fn a_recurrent_layer_is_one_vertex_per_step() {
    let layers = layers("[{ rnn = 5 }, { dense = 3 }]");
    let graph = description(sequence(4, 6), true, &layers).graph().unwrap();
    assert_eq!(graph.vertices.len(), 1 + 6 + 1);
    assert_eq!((graph.steps(), graph.depth()), (6, 6));
    for step in 1..=6 {
        let vertex = &graph.vertices[step];
        assert_eq!(vertex.role, Role::Step { layer: 1, step });
        // D = N: h_N lies next to the output, h_1 is the deepest.
        assert_eq!(
            (vertex.level, vertex.error_from, vertex.moves_from),
            (7 - step, 7 - step, 7 - step)
        );
        assert_eq!(vertex.incoming.len(), if step == 1 { 1 } else { 2 });
    }
    let named: Vec<_> = graph
        .parameters
        .iter()
        .map(|p| (p.name.as_str(), &p.export_shape[..], p.levels))
        .collect();
    assert_eq!(
        named,
        [
            ("rnn1.weight_ih", &[5, 4][..], (1, 6)),
            ("rnn1.weight_hh", &[5, 5], (1, 5)),
            ("rnn1.bias_ih", &[5], (1, 6)),
            ("output.weight", &[3, 5], (0, 0)),
            ("output.bias", &[3], (0, 0)),
        ]
    );
    assert!(graph.is_levelled());
}

#[test]
fn stacked_layers_make_a_grid_that_is_level_already() {
    let layers = layers("[{ rnn = 5 }, { rnn = 4 }, { rnn = 3 }, { dense = 2 }]");
    let graph = description(sequence(4, 6), true, &layers).graph().unwrap();
    assert!(graph.is_levelled());
    assert_eq!(graph.depth(), 3 + 6 - 1);
    for vertex in &graph.vertices {
        if let Role::Step { layer, step } = vertex.role {
            assert_eq!(vertex.level, (3 - layer) + (6 - step) + 1);
        }
    }
    // Vertices that share parameters lie side by side.
    assert_eq!(graph.vertices[6].role, Role::Step { layer: 1, step: 6 });
    assert_eq!(graph.vertices[7].role, Role::Step { layer: 2, step: 1 });
}

#[test]
fn skips_are_levelled_by_relays_that_they_share() {
    let list = layers(
        "[{ dense = 6 }, { dense = 6 }, { dense = 6, skip = 2 }, { dense = 6, skip = 3 }, { dense = 6, skip = 1 }, { dense = 2 }]",
    );
    let graph = description(Shape::flat(3), false, &list).graph().unwrap();
    assert!(graph.is_levelled());
    let relays: Vec<_> = graph
        .vertices
        .iter()
        .filter(|v| matches!(v.role, Role::Relay { .. }))
        .map(|v| (v.id.as_str(), v.level, v.role))
        .collect();
    // Both skips start at dense 1: the shorter one leaves the longer one's chain.
    let source = 1;
    assert_eq!(
        relays,
        [
            ("dense1.relay1", 4, Role::Relay { source }),
            ("dense1.relay2", 3, Role::Relay { source }),
        ]
    );
    assert!(graph.edges.iter().all(|e| e.from < e.to));
    let mut plain = description(Shape::flat(3), false, &list);
    plain.levelled = false;
    let plain = plain.graph().unwrap();
    assert!(!plain.is_levelled());
    assert_eq!(plain.vertices.len() + 2, graph.vertices.len());
    assert_eq!(plain.depth(), graph.depth());
    // dense 1 is heard by way of dense 4 (skip 3), dense 5 and the output.
    assert_eq!(
        (plain.vertices[1].level, plain.vertices[1].moves_from),
        (5, 3)
    );
}

/// Where a skip is long, what it moves early makes errors in the vertices that read it, far from the output.
#[test]
fn errors_arrive_by_way_of_what_has_moved() {
    let list = layers(
        "[{ dense = 4 }, { dense = 4 }, { dense = 4 }, { dense = 4 }, { dense = 4, skip = 4 }, { dense = 2 }]",
    );
    let mut plain = description(Shape::flat(3), false, &list);
    plain.levelled = false;
    let plain = plain.graph().unwrap();
    let when: Vec<_> = plain.vertices[1..]
        .iter()
        .map(|v| (v.level, v.error_from, v.moves_from))
        .collect();
    // dense 1 moves with the second step, by the skip from dense 5; so at t = 2 dense 2 has an error, whose shortest path to the
    // output is 4, and dense 3 at t = 3.
    let expected = [
        (5, 2, 2),
        (4, 2, 3),
        (3, 3, 3),
        (2, 2, 2),
        (1, 1, 1),
        (0, 0, 0),
    ];
    assert_eq!(when, expected);
}

#[test]
fn the_clamped_input_needs_no_relay() {
    let list = layers("[{ dense = 6 }, { dense = 6, skip = 2 }, { dense = 2 }]");
    let graph = description(Shape::flat(6), false, &list).graph().unwrap();
    assert_eq!(graph.vertices.len(), 4);
    assert!(graph.is_levelled());
}

#[test]
fn what_cannot_be_is_refused_with_its_layer() {
    let image = Shape {
        channels: 1,
        height: 8,
        width: 8,
    };
    for (input, time, text, words) in [
        (
            image,
            false,
            "[{ rnn = 5 }, { dense = 3 }]",
            "layer 1 (rnn) runs over the time steps",
        ),
        (
            sequence(4, 6),
            true,
            "[{ dense = 5 }, { rnn = 5 }, { dense = 3 }]",
            "layer 2 (rnn) follows dense 5",
        ),
        (
            sequence(4, 6),
            true,
            "[{ rnn = 0 }, { dense = 3 }]",
            "layer 1: rnn is 0",
        ),
        (sequence(4, 6), true, "[{ rnn = 5 }]", "must be dense"),
        (
            image,
            false,
            "[{ conv = 4, kernel = 3, skip = 1 }, { dense = 3 }]",
            "adds input (1 @ 8×8) to conv 1 (4 @ 6×6)",
        ),
        (
            image,
            false,
            "[{ dense = 4, skip = 2 }, { dense = 3 }]",
            "skip = 2 leads to no layer; expected a number from 1 to 1",
        ),
        (
            image,
            false,
            "[{ dense = 4, skip = 0 }, { dense = 3 }]",
            "skip = 0 leads to no layer",
        ),
    ] {
        let error = refused(input, time, text);
        assert!(error.contains(words), "{error} lacks {words}");
    }
}

/// With padding, a window of any size fits; what lies under it must still be a number that something can hold.
#[test]
fn a_window_that_fits_only_by_its_padding_is_refused_by_its_size() {
    for (text, layer) in [
        (
            "[{conv=4,kernel=999999999999,padding=499999999999},{dense=10}]",
            1,
        ),
        (
            "[{conv=4,kernel=4611686018427387905,padding=2305843009213693952},{dense=10}]",
            1,
        ),
        ("[{max_pool=99999999999,padding=49999999999},{dense=10}]", 1),
        (
            "[{conv=2,kernel=3},{average_pool=99999999999,padding=49999999999},{dense=10}]",
            2,
        ),
    ] {
        let input = Shape {
            channels: 1,
            height: 8,
            width: 8,
        };
        let layers = layers(text);
        let error = description(input, false, &layers)
            .graph()
            .unwrap_err()
            .to_string();
        let begins = format!("layer {layer}: the number of values under the window is ");
        assert!(error.starts_with(&begins), "{error}");
    }
}
