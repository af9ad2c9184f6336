//! The screen in named states, under key scripts, and under anything at all.

mod calling;
mod choosing;
mod desk;
mod desk_kit;
mod desk_states;
mod favourites;
mod group_calls;
mod group_kit;
mod group_states;
mod groups;
mod history;
mod idle;
mod kit;
mod ladder;
mod links;
mod picture;
mod plain;
mod plain_desk;
mod plain_kit;
mod random;
mod rules;
mod sound;
mod sound_states;
mod states;
mod talk;
