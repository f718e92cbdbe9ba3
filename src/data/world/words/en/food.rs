//! Food and dishes in English; the other language has the same in the same order.

use crate::data::world::grammar::{Noun, m};

pub const FOODS: [Noun; 30] = [
    m("apple", "apples"),
    m("orange", "oranges"),
    m("pear", "pears"),
    m("lemon", "lemons"),
    m("tomato", "tomatoes"),
    m("onion", "onions"),
    m("potato", "potatoes"),
    m("carrot", "carrots"),
    m("pepper", "peppers"),
    m("egg", "eggs"),
    m("banana", "bananas"),
    m("melon", "melons"),
    m("cheese", "cheeses"),
    m("loaf of bread", "loaves of bread"),
    m("cupcake", "cupcakes"),
    m("biscuit", "biscuits"),
    m("sandwich", "sandwiches"),
    m("pie", "pies"),
    m("watermelon", "watermelons"),
    m("peach", "peaches"),
    m("plum", "plums"),
    m("cherry", "cherries"),
    m("strawberry", "strawberries"),
    m("pumpkin", "pumpkins"),
    m("cucumber", "cucumbers"),
    m("yoghurt", "yoghurts"),
    m("ice cream", "ice creams"),
    m("cake", "cakes"),
    m("chicken", "chickens"),
    m("fig", "figs"),
];

pub const DISHES: [Noun; 14] = [
    m("potato omelette", "potato omelettes"),
    m("salad", "salads"),
    m("soup", "soups"),
    m("sponge cake", "sponge cakes"),
    m("paella", "paellas"),
    m("cold tomato soup", "cold tomato soups"),
    m("pizza", "pizzas"),
    m("custard", "custards"),
    m("pumpkin cream", "pumpkin creams"),
    m("rice pudding", "rice puddings"),
    m("apple tart", "apple tarts"),
    m("milkshake", "milkshakes"),
    m("stew", "stews"),
    m("fruit salad", "fruit salads"),
];

/// What goes into each dish.
pub const INGREDIENTS: [[&str; 3]; 14] = [
    ["eggs", "potatoes", "oil"],
    ["lettuce", "tomato", "onion"],
    ["water", "vegetables", "salt"],
    ["flour", "eggs", "sugar"],
    ["rice", "chicken", "pepper"],
    ["tomato", "cucumber", "oil"],
    ["flour", "tomato", "cheese"],
    ["milk", "eggs", "sugar"],
    ["pumpkin", "onion", "cream"],
    ["rice", "milk", "cinnamon"],
    ["flour", "apples", "butter"],
    ["milk", "strawberries", "ice"],
    ["meat", "potatoes", "carrots"],
    ["orange", "banana", "pear"],
];

/// The last thing to do for each dish.
pub const STEPS: [&str; 14] = [
    "fry it all in a pan",
    "mix it all in a big bowl",
    "boil it all for half an hour",
    "put it all in the oven",
    "cook the rice over a low heat",
    "blend it all and chill it",
    "put it all in the oven",
    "let it set in a warm bath",
    "boil it all and blend it",
    "stir the pot without hurry",
    "put it all in the oven",
    "blend it all for a minute",
    "cook it all over a low heat",
    "cut the fruit and mix it",
];
