//! People in Spanish.

use super::{People, ask, fact, say};

pub const PEOPLE: People = People {
    hello: say(&[
        "[Esta es la historia|Os presento la vida|Quiero contar algo] de {p}.",
        "En el pueblo todos conocen a {p}.",
        "{p} es una persona [alegre|tranquila|amable|trabajadora|curiosa].",
        "Hoy [hablamos|escribimos|quiero hablar] de {p}.",
        "{p} se levanta [temprano|con el sol|a las siete|cantando] [todos los días|cada mañana].",
    ]),
    lives: fact(
        &[
            "{p.s} vive en {town}[| desde niñ{p:o|a}| desde hace años| con su familia|, cerca del río|, en una casa pequeña].",
            "{p.s} tiene su casa en {town}[|, junto a la plaza|, al lado del río].",
            "{p?su casa|la casa de {p}} está en {town}.",
            "{p.s} se mudó a {town} [hace dos años|el año pasado|en primavera].",
        ],
        &[ask(&["¿Dónde vive {p}?", "¿En qué pueblo vive {p}?", "¿Dónde está la casa de {p}?"], "{town}")],
    ),
    works: fact(
        &[
            "{p.s} es {job@p}[| y le gusta mucho su trabajo| desde muy joven].",
            "{p.s} trabaja de {job@p}[| desde hace años].",
            "{p.s} [siempre quiso ser|estudió para ser] {job@p} y [lo consiguió|hoy lo es].",
        ],
        &[ask(&["¿De qué trabaja {p}?", "¿Qué trabajo tiene {p}?", "¿En qué trabaja {p}?"], "{job@p}")],
    ),
    duty: say(&[
        "Todos los días {duty}.",
        "{p.s} {duty} y [vuelve a casa content{p:o|a}|nunca se cansa|lo hace muy bien].",
        "En su trabajo, {p.s} {duty}.",
        "[Por las mañanas|De lunes a viernes] {duty}.",
    ]),
    age: fact(
        &[
            "{p.s} tiene {age} años.",
            "{p.s} [acaba de cumplir {age} años|cumplió {age} años en {month}].",
            "Ahora {p.s} tiene {age} años.",
        ],
        &[ask(&["¿Cuántos años tiene {p}?", "¿Qué edad tiene {p}?"], "{age} años")],
    ),
    pet: fact(
        &[
            "{p.s} tiene {animal.un} que se llama {pet}.",
            "{p?en su casa|en casa de {p}} vive {animal.un}, y se llama {pet}.",
            "{p.s} cuida de {animal.un}. Le puso de nombre {pet}.",
            "{p.s} tiene {animal.un} en casa. {pet} es su nombre.",
        ],
        &[
            ask(&["¿Qué animal tiene {p}?", "¿Qué animal vive con {p}?"], "{animal.un}"),
            ask(&["¿Cómo se llama el animal de {p}?", "¿Qué nombre tiene el animal de {p}?"], "{pet}"),
        ],
    ),
    likes: fact(
        &[
            "{p?le gustan|a {p} le gustan} [mucho |]{food.los}.",
            "{p?su comida favorita|la comida favorita de {p}} son {food.los}.",
            "{p.s} come {food.pl} casi todos los días.",
            "Para merendar, {p.s} prefiere {food.los}.",
        ],
        &[ask(&["¿Qué comida le gusta a {p}?", "¿Qué le gusta comer a {p}?"], "{food.pl}")],
    ),
    owns: fact(
        &[
            "{p.s} [tiene|usa|lleva siempre] {obj.un} {col@obj}.",
            "{p.s} [se compró|estrenó] {obj.un} {col@obj}[| el {day}].",
            "{p?lo que más quiere|lo que más quiere {p}} es {obj.un} {col@obj}.",
        ],
        &[
            ask(&["¿De qué color es {obj.el} de {p}?"], "{col@obj}"),
            ask(&["¿Qué tiene {p} de color {col}?", "¿Qué cosa {col@cosa} tiene {p}?"], "{obj.un}"),
        ],
    ),
    habit: fact(
        &[
            "[Los {days}|Cada {day}] {p.s} va a {place2.el}.",
            "{p.s} va a {place2.el} [todos los {days}|cada {day}].",
            "[Los {days}|Cada {day}] se puede ver a {p} en {place2.el}.",
        ],
        &[ask(&["¿A dónde va {p} los {days}?", "¿Dónde está {p} los {days}?"], "{place2}")],
    ),
    friend: fact(
        &[
            "{q} es [su amig{q:o|a}|su mejor amig{q:o|a}|su vecin{q:o|a}|su prim{q:o|a}].",
            "{p.s} tiene {q:un amigo|una amiga} que se llama {q}.",
            "{p.s} [pasea|cena|charla] a menudo con {q}.",
        ],
        &[],
    ),
    bye: say(&[
        "[Así es {p}.|Así es la vida de {p}.|{p} es feliz así.]",
        "[En el pueblo todos|Los vecinos] {p:lo|la} [quieren mucho|saludan al pasar|conocen bien].",
        "{p.s} [dice que no cambiaría nada|duerme bien todas las noches|no se aburre nunca].",
        "[Es una buena vida.|No le falta de nada.|Siempre está de buen humor.]",
    ]),
    dear: say(&["Querid{q:o|a} {q}:", "Hola, {q}:", "Mi querid{q:o|a} {q}:"]),
    news: fact(
        &[
            "[Te escribo|Te mando esta carta] desde {town}.",
            "[Ya estoy|Por fin estoy|Llegué el {day}|Llevo tres días] en {town}.",
            "[Paso|Estoy pasando] unos días en {town}.",
        ],
        &[ask(&["¿Desde dónde escribe {p}?", "¿En qué pueblo está {p}?"], "{town}")],
    ),
    weather: say(&[
        "[Hace|Hoy hace] [sol|frío|calor|viento|un día precioso].",
        "[Llueve|Nieva|Llovió] [un poco|mucho|toda la noche].",
        "[El cielo está|Hoy el cielo está] [azul|gris|lleno de nubes].",
        "[Hay|Esta mañana había] [niebla|nubes|mucha luz] sobre el río.",
    ]),
    wish: say(&[
        "[Tengo ganas de|Espero] [verte|abrazarte|volver] pronto.",
        "Aquí [se come muy bien|la gente es amable|todo va despacio].",
        "[Ayer|Esta mañana|El {day}] [vi|encontré|dibujé] {animal.un} junto a {place.el}.",
        "[Te llevo|Te he comprado|Tengo para ti] {obj.un} {col@obj}.",
        "[Por las tardes|A veces] como {food.pl} y leo un rato.",
    ]),
    farewell: say(&["Un abrazo, {p}.", "Un beso, {p}.", "Hasta pronto, {p}.", "Tu amig{p:o|a}, {p}."]),
};
