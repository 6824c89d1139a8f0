//! The board of lanes, by its controls, with the engine on threads of its own.

use super::commands::Command;
use super::layout::Layout;
use super::settings::Settings;
use super::state::Action;
use super::testing::{self, rests, says};
use super::window::Window;
use crate::experiment::file::Experiment;
use crate::experiment::lane::LaneSpec;
use crate::experiment::session::{LaneSnapshot, Mode, RaceCommand, RaceSnapshot, Session};
use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

fn harness() -> Harness<'static, Window> {
    let changes = ["network.layers=[{dense=8},{dense=10}]".to_owned()];
    let experiment = Experiment::load("digits-mlp", &changes).unwrap();
    let window = Window::new(experiment, Settings::default(), Mode::Threads(1));
    let mut h = testing::usual(window);
    rests(&mut h);
    h.state_mut()
        .act(Action::Command(Command::Layout(Layout::Train)));
    h.run_steps(3);
    h.get_by_role_and_label(Role::Tab, "Board of lanes").click();
    h.run_steps(3);
    h
}

fn choose(h: &mut Harness<'_, Window>, list: &str, option: &str) {
    h.get_by_role_and_label(Role::ComboBox, list).click();
    h.run_steps(3);
    h.get_by_role_and_label(Role::ListBoxOption, option).click();
    h.run_steps(3);
}

/// Fills the form in and presses its button.
fn form(h: &mut Harness<'_, Window>, [lane, setting, to, button]: [&str; 4]) {
    choose(h, "Lane of the board", lane);
    choose(h, "What differs", setting);
    let field = h.get_by_role_and_label(Role::TextInput, "To");
    field.focus();
    h.run_steps(1);
    h.key_press_modifiers(Modifiers::COMMAND, Key::A);
    h.get_by_role_and_label(Role::TextInput, "To").type_text(to);
    h.run_steps(2);
    h.get_by_label(button).click();
    h.run_steps(3);
}

fn press(h: &mut Harness<'_, Window>, label: &str) {
    h.get_by_label(label).click();
    rests(h);
}

fn train(h: &mut Harness<'_, Window>, until: u64) {
    h.state_mut()
        .act(Action::Race(RaceCommand::RunUntil(until)));
    rests(h);
}

fn means(lane: &LaneSnapshot) -> Vec<u64> {
    let all = lane.loss.buckets().iter();
    all.map(|b| b.mean.to_bits()).collect()
}

fn losses(race: &RaceSnapshot) -> Vec<(String, Vec<u64>)> {
    let all = race.lanes.iter();
    all.map(|l| (l.spec.id.to_string(), means(l))).collect()
}

#[test]
fn lanes_are_added_named_seeded_trained_saved_changed_and_removed() {
    let mut h = harness();
    assert!(says(&h, "rule of BP BP, differs") && says(&h, "rule of Z-IL Z-IL"));
    assert!(says(&h, "rate α"), "what is equal is said once");
    form(&mut h, ["new, as IL", "γ", "0.05, 0.2", "Add 2 lanes"]);
    let draft = h.state().document.draft.clone();
    assert_eq!(draft.lanes.len(), 2);
    assert!(says(&h, "γ of IL, γ 0.05 0.05, differs"));
    // What means nothing is said where it was typed, and adds nothing.
    form(&mut h, ["new, as BP", "γ", "0.3", "Add the lane"]);
    assert!(says(&h, "BP does not read γ"));
    assert_eq!(h.state().document.draft, draft);
    h.get_by_label("Seeds of IL, γ 0.05")
        .set_text_value_accesskit("3");
    h.run_steps(3);
    let field = h.get_by_label("Name of il-3");
    field.focus();
    h.run_steps(1);
    h.get_by_label("Name of il-3").type_text("!");
    h.run_steps(3);
    assert_eq!(
        h.state().document.draft.lanes[1].label.as_deref(),
        Some("IL, γ 0.2!")
    );
    assert!(says(&h, "5 lanes, 7 with every seed"));
    press(&mut h, "Start these lanes");
    train(&mut h, 40);
    let race = h.state().engine.race.clone();
    let names: Vec<&str> = race.lanes.iter().map(|l| l.spec.id.name()).collect();
    let seed = draft.seed;
    let seeded = [format!("il-2-s{}", seed + 1), format!("il-2-s{}", seed + 2)];
    assert_eq!(
        names,
        ["bp", "zil", "il", "il-2", &*seeded[0], &*seeded[1], "il-3"]
    );
    // One entry, with the mean of its seeds; its band in the plots.
    assert!(
        says(&h, "IL, γ 0.05, T = 20, γ = 0.05, 3 seeds"),
        "{:?}",
        testing::said(&h)
    );
    h.get_by_role_and_label(Role::Tab, "Training loss").click();
    h.run_steps(3);
    let last = |name: &str| {
        let lane = race.lanes.iter().find(|l| l.spec.id.name() == name);
        lane.unwrap().loss.last().unwrap().mean
    };
    let data = h.state().engine.data().unwrap();
    let loss = h.state().engine.micro.as_ref().unwrap().plan.graph.loss;
    let unit = crate::experiment::fitted::loss_unit(data, loss).unwrap_or(1.0);
    let three = [last("il-2"), last(&seeded[0]), last(&seeded[1])];
    assert!(three[0] != three[1] && three[1] != three[2]);
    let mean = three.iter().map(|v| v * unit).sum::<f64>() / 3.0;
    let said = format!("IL, γ 0.05, 3 seeds {}", super::format::number3(mean));
    assert!(says(&h, &said), "{said}: {:?}", testing::said(&h));
    assert!(says(&h, "bands: 3 seeds, mean, least and most"));
    // The file has all of it, and the same numbers come of it.
    let text = h.state().document.draft.to_toml().unwrap();
    let again = Experiment::parse(&text, "again", &[]).unwrap();
    assert_eq!(again.lanes, h.state().document.draft.lanes);
    assert_eq!(LaneSpec::compared(&again).len(), 8, "Z-IL by both paths");
    let mut session = Session::start(again, Mode::InStep).unwrap();
    session.race(RaceCommand::RunUntil(40));
    assert_eq!(losses(&race), losses(&session.take_race().unwrap()));
    // A tick is of all seeds.
    h.get_by_role_and_label(Role::Tab, "Board of lanes").click();
    h.run_steps(3);
    press(&mut h, "IL, γ 0.05 trains");
    let resting = h.state().engine.race.lanes.iter().filter(|l| !l.active);
    assert_eq!(resting.count(), 3);
    press(&mut h, "IL, γ 0.05 trains");
    // A lane's setting goes into the run.
    form(&mut h, ["IL, γ 0.2!", "rate α", "0.01", "Change the lane"]);
    press(&mut h, "Apply to the run after 40");
    let race = &h.state().engine.race;
    assert_eq!(race.edits.len(), 1);
    let words = race.edits[0].1[0].to_string();
    assert!(
        words.starts_with("lane il-3 learning") && words.contains("0.01"),
        "{words}"
    );
    train(&mut h, 50);
    let now = h.state().document.draft.clone();
    session.race(RaceCommand::Edit(Box::new(now)));
    session.race(RaceCommand::RunUntil(50));
    let (own, other) = (&h.state().engine.race, session.take_race().unwrap());
    assert_eq!(losses(own)[..3], losses(&other)[..3]);
    assert_eq!(means(&own.lanes[6]), means(&other.lanes[6]));
    // Removed, it trains no more in the next run.
    // The last column lies beyond the edge.
    h.get_by_label("Remove IL, γ 0.2!").scroll_to_me();
    h.run_steps(4);
    press(&mut h, "Remove IL, γ 0.2!");
    assert!(says(&h, "Other lanes train in a new run"));
    assert!(!h.state().can_take_up());
    press(&mut h, "Start these lanes");
    assert_eq!(h.state().engine.race.lanes.len(), 6);
    // Taken back, it is there again.
    h.state_mut().run_command(Command::Undo);
    rests(&mut h);
    assert_eq!(h.state().document.draft.lanes.len(), 2);
}
