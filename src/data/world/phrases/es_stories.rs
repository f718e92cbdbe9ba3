//! Stories in Spanish: a plot has five steps.

use super::{Stories, say};

pub const STORIES: Stories = Stories {
    openings: say(&[
        "[Una mañana|Una tarde|Un {day}] de [primavera|verano|otoño|invierno], {p} [salió de casa|paseaba por {town}|iba hacia {place.el}].",
        "[Había una vez|En {town} vivía] {q:un chico|una chica} que se llamaba {q}. Su mejor amig{p:o|a} era {p}.",
        "Era {day} y en {town} hacía [sol|frío|viento|calor]. {p} [no tenía prisa|miraba por la ventana|pensaba en sus cosas].",
    ]),
    introductions: say(&[
        "[Esto le pasó a|Esta es una historia de] {p}, que vive en {town}.",
        "{p} y {q} [viven|crecieron|se conocieron] en {town}.",
    ]),
    lost_object: [
        say(&[
            "{p} tenía {obj.un} {col@obj} y {obj:lo|la} llevaba a todas partes.",
            "{p.s} quería mucho su {obj} {col@obj}.",
            "Por su cumpleaños, {p} recibió {obj.un} {col@obj}.",
        ]),
        say(&[
            "[Un día|De pronto|Al volver a casa], {obj.el} ya no estaba.",
            "[Pero un día|Aquella tarde] perdió {obj.el}.",
            "Al llegar a {place.el}, vio que no tenía {obj.el}.",
        ]),
        say(&[
            "{p.s} buscó en {place.el}, en la calle y debajo de la cama.",
            "{p} preguntó a todos en {place.el}, pero nadie sabía nada.",
            "{p.s} [lloró un poco|se puso triste] y llamó a {q}.",
        ]),
        say(&[
            "[Entonces|Por fin] {q} vio {animal.un} [que jugaba con algo|que dormía sobre algo]: era {obj.el}.",
            "{q} encontró {obj.el} [detrás de|cerca de|dentro de] {place.el}.",
            "{obj.el} estaba en {place.el}, junto a {animal.un}. {obj:Lo|La} vio {q}.",
        ]),
        say(&[
            "{p} dio las gracias a {q} y compartieron {food.unos}.",
            "\"¡Gracias, {q}!\", dijo {p}, y le dio un abrazo.",
            "Desde entonces, {p} cuida mucho mejor de sus cosas.",
        ]),
    ],
    lost_animal: [
        say(&[
            "{p} tenía {animal.un} {fur@animal} que se llamaba {pet}.",
            "{p.s} vivía con {animal.un} que se llamaba {pet}.",
            "A {p} le acompañaba siempre {pet}, {animal.un} {fur@animal}.",
        ]),
        say(&[
            "[Una noche|Una mañana] la puerta quedó abierta y {pet} se fue.",
            "[Un día|El {day2}], {pet} no volvió a casa.",
            "Hubo una tormenta y {pet} se asustó y escapó.",
        ]),
        say(&[
            "{p.s} puso carteles en {place.el}.",
            "{p} y {q} llamaron a {pet} por todo {town}.",
            "{p} dejó {food.un} en la puerta, por si volvía.",
        ]),
        say(&[
            "[Al tercer día|Por la noche|Al final], {q} oyó un ruido en {place.el}: era {pet}.",
            "{pet} estaba en {place.el}, [muert{animal:o|a} de hambre|dormid{animal:o|a} al sol].",
            "{q} vio a {pet} comiendo {food.un} detrás de {place.el}.",
        ]),
        say(&[
            "{p} abrazó a {pet} y le dio de comer.",
            "Esa noche {pet} durmió a los pies de {p}.",
            "{p} invitó a {q} a cenar. {pet} no se movió de su lado.",
        ]),
    ],
    gift: [
        say(&[
            "[Pronto|El {day2}] era el cumpleaños de {q}.",
            "{q} cumplía años el {day2}.",
            "{p} quería darle una sorpresa a {q}.",
        ]),
        say(&[
            "{p} [pensó mucho|no sabía qué regalarle] y fue a {place.el}.",
            "{p.s} [abrió la hucha|contó su dinero] y fue a {place.el}.",
        ]),
        say(&[
            "Allí vio {obj.un} {col@obj} [muy bonit{obj:o|a}|que costaba {price} euros].",
            "Encontró {obj.un} {col@obj} y {obj:lo|la} compró enseguida.",
        ]),
        say(&[
            "[Envolvió|Guardó] {obj.el} en papel {col2@papel} y escribió una nota.",
            "También preparó {food.unos} para la fiesta.",
            "Escondió {obj.el} debajo de la cama hasta el {day2}.",
        ]),
        say(&[
            "\"¡Qué {obj} tan bonit{obj:o|a}!\", dijo {q}, y se rio.",
            "Cuando {q} abrió el regalo, le brillaron los ojos.",
            "{q} [abrazó a|dio las gracias a] {p}. Desde entonces usa {obj.el} todos los días.",
        ]),
    ],
    cake: [
        say(&[
            "{p} quería hacer {dish.un} para {q}.",
            "[El {day2}|Aquel día] {p} decidió hacer {dish.un}.",
            "A {q} le encanta {dish.el}, y {p} lo sabía.",
        ]),
        say(&["Necesitaba {i1}, {i2} y {i3}.", "Hacían falta {i1}, {i2} y {i3}."]),
        say(&[
            "En casa no quedaba nada, así que fue a {place.el}.",
            "En {place.el} encontró todo lo que buscaba.",
            "{p} pidió a {q} que fuera a {place.el}.",
        ]),
        say(&[
            "[Se equivocó dos veces|Trabajó toda la tarde|Manchó toda la cocina], pero {dish.el} salió bien.",
            "{dish.el} se quemó un poco, pero olía muy bien.",
            "Mientras cocinaba, {animal.un} miraba por la ventana.",
        ]),
        say(&[
            "Se {dish:lo|la} comieron entre {duo:los|las} dos.",
            "{q} repitió tres veces.",
            "\"¡Está muy ric{dish:o|a}!\", dijo {q}.",
            "No quedó ni un trozo.",
        ]),
    ],
    rain: [
        say(&[
            "{p} iba a {place.el} cuando empezó a llover.",
            "De repente, el cielo se puso gris y cayó la lluvia sobre {town}.",
            "Llovía tanto que las calles de {town} parecían ríos.",
        ]),
        say(&["{p.s} no llevaba paraguas.", "{p} se tapó la cabeza con las manos.", "{p.s} se refugió en {place.el}."]),
        say(&[
            "Allí estaba {q}, que también se había mojado.",
            "Desde allí vio {animal.un} que temblaba de frío.",
            "En la puerta encontró a {q} con {obj.un} {col@obj}.",
        ]),
        say(&[
            "[Hablaron|Charlaron] mucho rato y comieron {food.pl}.",
            "{q} le prestó un paraguas {col2@papel}.",
            "Esperaron {duo:juntos|juntas} y contaron historias.",
        ]),
        say(&[
            "Cuando salió el sol, {p} y {q} ya eran {duo:amigos|amigas}.",
            "La lluvia paró y todo olía a hierba.",
            "[Al día siguiente|El {day2}], {p} volvió con {food.unos} para dar las gracias.",
        ]),
    ],
    ill: [
        say(&[
            "{p} se despertó con {complaint}.",
            "[El {day}|Esa mañana] {p} tenía {complaint} y no fue a {place.el}.",
            "{p.s} no se encontraba bien: tenía {complaint}.",
        ]),
        say(&[
            "{q} [llamó|fue a ver] a {doc.el} {sur}.",
            "{doc.el} {sur} vino a casa y miró a {p} con calma.",
            "{q} acompañó a {p} a la clínica, donde estaba {doc.el} {sur}.",
        ]),
        say(&[
            "Le recetó {med}, una pastilla cada {hours} horas.",
            "{doc.el} {sur} le dio {med} y le pidió que descansara.",
        ]),
        say(&[
            "{q} le llevó {food.unos} y le leyó un cuento.",
            "{animal.un} se quedó a los pies de la cama toda la tarde.",
            "{p} durmió mucho y bebió mucha agua.",
        ]),
        say(&[
            "[A los tres días|El {day2}], {p} ya estaba [bien|mejor|como nuev{p:o|a}].",
            "Poco a poco se le pasó y pudo salir a la calle.",
            "{p} dio las gracias a {q} por cuidar{p:lo|la}.",
        ]),
    ],
    market: [
        say(&[
            "[El {day2}|Aquel {day2}] era día de mercado en {town}.",
            "{p} y {q} fueron {duo:juntos|juntas} al mercado de {town}.",
        ]),
        say(&[
            "{p} llevaba {food.pl} para vender a {price} euros.",
            "Había {food.pl}, {food2.pl} y mucha gente.",
            "{q} buscaba {food2.pl} y {p} buscaba {food.pl}.",
        ]),
        say(&[
            "De pronto, {animal.un} saltó a la mesa y se comió {food.un}.",
            "{animal.un} corrió entre la gente y tiró {food.los} al suelo.",
            "Un viento muy fuerte se llevó {obj.el} de {q}.",
        ]),
        say(&[
            "Todos se rieron, menos {p}.",
            "{q} corrió detrás, pero llegó tarde.",
            "{p} y {q} recogieron todo del suelo.",
        ]),
        say(&[
            "Al final vendieron todo y volvieron {duo:contentos|contentas}.",
            "Con lo que ganaron compraron {obj.un} {col@obj}.",
            "{animal.el} se fue tan tranquil{animal:o|a}, con la tripa llena.",
        ]),
    ],
    endings: say(&[
        "[Y así terminó el día.|Fue un buen día.|Nadie lo olvidó.]",
        "[Aquella noche|Esa noche] {p} durmió [feliz|como un tronco|muy bien].",
        "Todavía hoy lo cuentan en {town}.",
        "{p} aprendió a [pedir ayuda|tener paciencia|mirar mejor].",
    ]),
};
