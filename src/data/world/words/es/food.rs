//! Food and dishes in Spanish; the other language has the same in the same order.

use crate::data::world::grammar::{Noun, f, m};

pub const FOODS: [Noun; 30] = [
    f("manzana", "manzanas"),
    f("naranja", "naranjas"),
    f("pera", "peras"),
    m("limón", "limones"),
    m("tomate", "tomates"),
    f("cebolla", "cebollas"),
    f("patata", "patatas"),
    f("zanahoria", "zanahorias"),
    m("pimiento", "pimientos"),
    m("huevo", "huevos"),
    m("plátano", "plátanos"),
    m("melón", "melones"),
    m("queso", "quesos"),
    m("pan", "panes"),
    m("pastel", "pasteles"),
    f("galleta", "galletas"),
    m("bocadillo", "bocadillos"),
    f("empanada", "empanadas"),
    f("sandía", "sandías"),
    m("melocotón", "melocotones"),
    f("ciruela", "ciruelas"),
    f("cereza", "cerezas"),
    f("fresa", "fresas"),
    f("calabaza", "calabazas"),
    m("pepino", "pepinos"),
    m("yogur", "yogures"),
    m("helado", "helados"),
    f("tarta", "tartas"),
    m("pollo", "pollos"),
    m("higo", "higos"),
];

pub const DISHES: [Noun; 14] = [
    f("tortilla", "tortillas"),
    f("ensalada", "ensaladas"),
    f("sopa", "sopas"),
    m("bizcocho", "bizcochos"),
    f("paella", "paellas"),
    m("gazpacho", "gazpachos"),
    f("pizza", "pizzas"),
    m("flan", "flanes"),
    f("crema de calabaza", "cremas de calabaza"),
    m("arroz con leche", "arroces con leche"),
    f("tarta de manzana", "tartas de manzana"),
    m("batido", "batidos"),
    m("guiso", "guisos"),
    f("macedonia", "macedonias"),
];

/// What goes into each dish.
pub const INGREDIENTS: [[&str; 3]; 14] = [
    ["huevos", "patatas", "aceite"],
    ["lechuga", "tomate", "cebolla"],
    ["agua", "verduras", "sal"],
    ["harina", "huevos", "azúcar"],
    ["arroz", "pollo", "pimiento"],
    ["tomate", "pepino", "aceite"],
    ["harina", "tomate", "queso"],
    ["leche", "huevos", "azúcar"],
    ["calabaza", "cebolla", "nata"],
    ["arroz", "leche", "canela"],
    ["harina", "manzanas", "mantequilla"],
    ["leche", "fresas", "hielo"],
    ["carne", "patatas", "zanahorias"],
    ["naranja", "plátano", "pera"],
];

/// The last thing to do for each dish.
pub const STEPS: [&str; 14] = [
    "cuajar todo en la sartén",
    "mezclar todo en un plato grande",
    "cocer todo media hora",
    "meter la masa en el horno",
    "cocer el arroz a fuego lento",
    "batir todo y enfriarlo",
    "meter la masa en el horno",
    "cuajar todo al baño maría",
    "cocer todo y batirlo",
    "remover la olla sin prisa",
    "meter la masa en el horno",
    "batir todo un minuto",
    "cocer todo a fuego lento",
    "cortar la fruta y mezclarla",
];
