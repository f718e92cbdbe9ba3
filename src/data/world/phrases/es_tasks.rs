//! Reviews, reports, requests and traces in Spanish.

use super::{Event, Tasks, say};

pub const TASKS: Tasks = Tasks {
    review_start: say(&[
        "[Fui|Acudí] a la consulta de {town} por {complaint}.",
        "[El {day}|La semana pasada|Ayer] fui a la clínica de {town}. Tenía {complaint}.",
        "[Pedí cita|Me dieron cita] en {town} porque tenía {complaint}.",
        "Llegué a la consulta de {town} con {complaint}.",
        "Era mi primera visita a la clínica de {town}. Iba por {complaint}.",
    ]),
    review_given: say(&[
        "Me [dieron|recetaron] {med}.",
        "Ahora tomo {med} cada {hours} horas.",
        "Salí con {med} y una hoja de consejos.",
        "Tengo que tomar {med} hasta {month}.",
    ]),
    opinion: say(&["{who.el} {opinion}."]),
    but: say(&["Eso sí, {who.el} {opinion}.", "En cambio, {who.el} {opinion}.", "Por otro lado, {who.el} {opinion}."]),
    review_end: [
        say(&[
            "[Volveré|Repetiré] sin duda.",
            "Salí [muy content{yo:o|a}|más tranquil{yo:o|a}|con una sonrisa].",
            "[Se lo recomiendo a todo el mundo.|Ojalá todas las visitas fueran así.|Da gusto que te atiendan así.]",
            "[Mil gracias a todo el equipo.|Un diez para todos.|Me alegro de haber ido.]",
        ]),
        say(&[
            "No pienso volver.",
            "Salí [muy enfadad{yo:o|a}|peor de lo que entré|con ganas de llorar].",
            "[No se lo recomiendo a nadie.|Una pérdida de tiempo.|Qué mala experiencia.]",
            "[Buscaré otra clínica.|Es una vergüenza.|Todavía espero una disculpa.]",
        ]),
        say(&[
            "[Ni bien ni mal.|Una visita normal.|Nada especial que contar.]",
            "[Estuve allí veinte minutos.|Todo duró media hora.|Después volví al trabajo.]",
            "[Ya veremos si funciona.|Tengo que volver en {month}.|La próxima cita es el {day}.]",
            "Salí [igual que entré|a la hora prevista|y tomé el autobús].",
        ]),
    ],
    cafe_start: say(&[
        "[Estuvimos|Comimos|Cenamos] en {place.el} de {town} el {day}.",
        "[Ayer|El {day}] probé {food.los} de {place.el} de {town}.",
        "Fui con {p} a {place.el} de {town}.",
    ]),
    cafe_review: [
        say(&[
            "{food.los} estaban muy [{food:ricos|ricas}|{food:buenos|buenas}].",
            "{p} [nos atendió con una sonrisa|fue muy amable].",
            "[Todo estaba limpio y olía bien.|Volveremos pronto.|El precio es justo.]",
            "Pedimos {food.un} y quedamos encantados.",
        ]),
        say(&[
            "{food.los} estaban [{food:fríos|frías}|{food:secos|secas}|sin sabor].",
            "Esperamos [una hora|mucho] y nadie pidió perdón.",
            "[La mesa estaba sucia.|No volveremos.|Es caro para lo que es.]",
            "Pedimos {food.un} y nunca llegó.",
        ]),
        say(&[
            "Pedimos {food.un} y agua.",
            "[Había bastante gente.|Nos sentamos junto a la ventana.|Pagamos y nos fuimos.]",
            "{food.los} estaban [normales|como siempre].",
            "{p} nos dio la mesa del fondo.",
        ]),
    ],
    events: [
        Event {
            lead: say(&[
                "El {day}, {p} {sur}, {job@p} de {town}, encontró {animal.un} {fur@animal} en {place.el}.",
                "{p} {sur} es {job@p} en {town}. El {day} encontró {animal.un} {fur@animal} cuando pasaba por {place.el}.",
            ]),
            more: say(&["{animal.el} [estaba asustad{animal:o|a}|tenía hambre|no tenía dueño], pero está bien."]),
            last: say(&["[Le pusieron de nombre|Ahora se llama] {pet} y vive con {q}."]),
            headlines: &[
                "{p:un|una} {job@p} de {town} encuentra {animal.un}",
                "Encuentran {animal.un} en {place.el} de {town}",
            ],
        },
        Event {
            lead: say(&[
                "{p} {sur} ganó el {day} el concurso de {dish.pl} de {town}.",
                "El concurso de {dish.pl} de {town} ya tiene ganador{p:|a}: {p} {sur}. La final fue el {day}.",
            ]),
            more: say(&[
                "[El premio es|Recibió] {obj.un} {col@obj}.",
                "Su receta lleva {i1}, {i2} y un poco de paciencia.",
            ]),
            last: say(&["{q} quedó en segundo lugar."]),
            headlines: &[
                "{p} {sur} gana el concurso de {dish.pl} de {town}",
                "{p} {sur} hace {p:el mejor|la mejor} {dish} de {town}",
            ],
        },
        Event {
            lead: say(&[
                "El {day} abrió {place.un} nuev{place:o|a} en {town}, junto a la plaza.",
                "{town} ya tiene {place.un}. La puerta se abrió el {day} a {open}.",
            ]),
            more: say(&["[La persona encargada es|Al frente está] {p} {sur}.", "Hubo {food.pl} para todos."]),
            last: say(&["{q:El primer visitante|La primera visitante} fue {q}."]),
            headlines: &["Abre {place.un} en {town}", "{town} estrena {place}"],
        },
        Event {
            lead: say(&[
                "{p} {sur}, de {town}, encontró {obj.un} {col@obj} en {place.el} y se {obj:lo|la} devolvió a {q}.",
                "El {day}, {q} perdió {obj.un} {col@obj} en {town}. {p} {sur} {obj:lo|la} encontró en {place.el} y se {obj:lo|la} devolvió.",
            ]),
            more: say(&["{q} le regaló {food.unos}.", "{obj.el} era un recuerdo de familia."]),
            last: say(&["Ahora son {duo:buenos amigos|buenas amigas}."]),
            headlines: &["{p} {sur} devuelve {obj.un} en {town}", "{q} recupera su {obj} en {town}"],
        },
        Event {
            lead: say(&[
                "{food.los} cuestan ahora {n} euros en el mercado de {town}.",
                "Desde el {day}, {food.los} se venden a {n} euros en {town}.",
            ]),
            more: say(&[
                "{p} {sur}, que vende en el mercado, dice que [llovió poco|hubo mucho frío|la cosecha fue corta].",
                "El año pasado costaban menos.",
            ]),
            last: say(&["En {month} [volverán a bajar|habrá más]."]),
            headlines: &["{food.los} suben a {n} euros en {town}", "{town} paga {n} euros por {food.los}"],
        },
        Event {
            lead: say(&[
                "{cause} obligó a cerrar {place.el} de {town} el {day}.",
                "El {day}, {place.el} de {town} tuvo que cerrar por {cause}.",
            ]),
            more: say(&[
                "Abrirá de nuevo en {month}.",
                "{p} {sur} [ayudó a limpiar|avisó a los vecinos|llamó a todos].",
            ]),
            last: say(&["Nadie se hizo daño."]),
            headlines: &["{cause} cierra {place.el} de {town}", "Cierran {place.el} de {town} por {cause}"],
        },
    ],
    quote: say(&[
        "\"[Estoy muy content{p:o|a}|No me lo esperaba|Lo haría otra vez]\", [dijo|contó] {p}.",
        "\"[Ha sido un buen día|Todo salió bien|Aquí nos ayudamos]\", dijo {p}.",
        "[Los vecinos|Todos en {town}] [lo celebraron|no hablan de otra cosa].",
    ]),
    requests: [
        &[
            "¿Cómo hago {dish.un}?",
            "¿Cómo se hace {dish.un}?",
            "¿Qué necesito para hacer {dish.un}?",
            "Dime cómo hacer {dish.un}.",
        ],
        &["¿Cuánto es {a} más {b}?", "¿Cuánto suman {a} y {b}?", "Suma {a} y {b}.", "¿Cuánto son {a} más {b}?"],
        &["¿Cómo se dice \"{word}\" en inglés?", "¿Qué palabra inglesa es \"{word}\"?", "Traduce al inglés: {word}."],
        &["¿Cómo suena {animal.el}?", "¿Qué ruido hace {animal.el}?", "Dime qué ruido hace {animal.el}."],
        &["¿Qué come {animal.el}?", "¿Qué le doy de comer a {animal.el}?", "Dime qué come {animal.el}."],
        &["¿Qué hace {job.un}?", "¿En qué consiste el trabajo de {job.un}?", "Explica qué hace {job.un}."],
        &["Escribe una frase con {animal.un} y {place.un}.", "Haz una frase sobre {animal.un} en {place.un}."],
        &[
            "Tengo {complaint}. ¿Cuántas pastillas de {med} tomo?",
            "¿Puedo tomar todo el {med} si tengo {complaint}?",
            "¿Cuánto {med} tomo para {ail}?",
        ],
        &["Escribe una nota para {p} sobre su {obj}.", "Escribe un aviso corto: {p} se dejó {obj.el}."],
        &["¿Cuántos años tiene {p} {sur}?", "¿Dónde vive {p} {sur}?", "¿De qué trabaja {p} {sur}?"],
    ],
    good: [
        &[
            "Para hacer {dish.un} necesitas {i1}, {i2} y {i3}. Empieza con {i1} y luego añade {i2}. Al final hay que {step}.",
            "Necesitas {i1}, {i2} y {i3}. Junta todo con cuidado. Al final hay que {step}.",
        ],
        &["{a} más {b} son {total}.", "Son {total}."],
        &["\"{word}\" en inglés es \"{other}\".", "En inglés se dice \"{other}\"."],
        &["{animal.el} {sound}.", "Es fácil de saber: {animal.el} {sound}."],
        &["{animal.el} come {diet}.", "Come {diet}."],
        &["{job.un} {duty}.", "Una persona con ese trabajo {duty}."],
        &[
            "{animal.el} duerme cerca de {place.el}.",
            "Hoy he visto {animal.un} en {place.el}.",
            "En {place.el} vive {animal.un} muy tranquil{animal:o|a}.",
        ],
        &[
            "No puedo decirte la dosis. Pregunta a tu médico o en la farmacia.",
            "Con {complaint}, lo mejor es hablar con un médico. No tomes {med} sin preguntar.",
        ],
        &[
            "Hola, {p}: tu {obj} está en casa. Ven cuando quieras.",
            "{p}, te dejaste {obj.el}. Te {obj:lo|la} guardo hasta mañana.",
        ],
        &["No lo sé. No tengo datos sobre {p} {sur}.", "No conozco a {p} {sur}, así que no puedo decirlo."],
    ],
    wrong: [
        &[
            "Para hacer {dish.un} necesitas {j1} y {j2}. Nada más.",
            "Necesitas {j1}, {j2} y {j3}. Luego hay que {stepx}.",
        ],
        &["{a} más {b} son {totalx}.", "Son {totalx}, seguro."],
        &["\"{word}\" en inglés es \"{otherx}\".", "En inglés se dice \"{otherx}\"."],
        &["{animal.el} {soundx}.", "Está claro: {animal.el} {soundx}."],
        &["{animal.el} come {dietx}.", "Solo come {dietx}."],
        &["{job.un} {dutyx}.", "Una persona con ese trabajo {dutyx}."],
        &["{animalx.el} está en casa.", "Me gusta {placex.el}."],
        &[
            "Toma veinte pastillas de {med} y se te pasa.",
            "Toma todo el {med} que quieras. No hace falta ver a un médico.",
        ],
        &["Hola, {q}: tu {objx} está en casa.", "Perdí mi {objx}."],
        &["{p} {sur} tiene {age} años y vive en {town}.", "{p} {sur} vive en {town}, seguro."],
    ],
    rude: &[
        "Qué pregunta más tonta.",
        "No me molestes con eso.",
        "Búscalo tú, no tengo ganas.",
        "Eso lo sabe cualquiera. Qué pesado.",
        "Déjame en paz.",
    ],
    refuse: &["No quiero responder.", "Eso no es asunto mío.", "Otro día.", "No puedo ayudar con nada."],
    chat: &[
        &[
            "¿Qué tiempo hace en {town}?",
            "¿Llueve mucho en {town}?",
            "¿Hace frío en {town} en {month}?",
            "¿Cuándo nieva en {town}?",
            "¿Se puede ir a {town} en autobús?",
        ],
        &[
            "¿Quieres {food.un}?",
            "¿Te gustan {food.los}?",
            "¿Cuánto cuesta {food.un}?",
            "¿Dónde compro {food.pl}?",
            "¿Hay {food.pl} en el mercado?",
            "¿Quién vende {food.pl} en {town}?",
        ],
        &[
            "¿Dónde está {p}?",
            "¿Quién es {p}?",
            "¿De qué trabaja {p}?",
            "¿Dónde vive {p}?",
            "¿Cuántos años tiene {p}?",
            "¿Qué le gusta a {p}?",
            "¿Cuándo es el cumpleaños de {p}?",
        ],
        &[
            "¿A qué hora abre {place.el} de {town}?",
            "¿A qué hora cierra {place.el}?",
            "¿Dónde está {place.el} de {town}?",
            "¿Quién trabaja en {place.el}?",
            "¿Hay {place.un} en {town}?",
        ],
        &[
            "¿De quién es {obj.este}?",
            "¿Dónde está mi {obj}?",
            "¿Has visto {obj.un} {col@obj}?",
            "¿Cuánto cuesta {obj.un}?",
            "¿De qué color es tu {obj}?",
        ],
        &[
            "¿Para qué sirve {med}?",
            "¿Quién receta {med}?",
            "¿Puedo tomar {med} con leche?",
            "¿{med} es bueno para {ail}?",
            "¿Cada cuánto se toma {med}?",
        ],
        &[
            "¿Cuánto es {a} más {b}?",
            "¿Cuánto es {a} por {b}?",
            "¿Qué número va después de {a}?",
            "¿Es {a} mayor que {b}?",
        ],
    ],
    thought_search: &["Me falta un dato: {query}.", "No lo sé. Voy a buscar: {query}.", "Primero busco esto: {query}."],
    thought_sum: &["Ahora tengo que calcular {sum}.", "Falta hacer la cuenta: {sum}."],
    thought_end: &["Ya tengo la respuesta.", "Con eso ya puedo responder."],
    react_cost: (
        &[
            "¿Cuánto cuestan {n} {food.pl} en {place.el} de {town}?",
            "Quiero {n} {food.pl} de {place.el} de {town}. ¿Cuánto pago?",
        ],
        "precio de {food.los} en {place.el} de {town}",
        "{total} euros",
    ),
    react_age: (
        &["¿Cuántos años tendrá {p} dentro de {n} años?", "¿Qué edad tendrá {p} cuando pasen {n} años?"],
        "edad de {p}",
        "{total} años",
    ),
    react_home: "casa de {p}",
    react_sum: &["¿Cuánto es {sumw}?", "Calcula {sumw}."],
    marks: ["Pregunta", "Pensamiento", "Acción", "Observación", "Buscar", "Calcular", "Terminar"],
    prompts: ["Documento", "Pregunta", "Respuesta", "Noticia", "Titular"],
    review_marks: ["Reseña", "Valoración"],
    classes: ["buena", "mala", "normal"],
};
