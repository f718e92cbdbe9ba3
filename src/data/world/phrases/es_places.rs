//! Towns, shops, offices, purchases, animals, medicines, recipes and sums in Spanish.

use super::{Places, ask, fact, say};

pub const PLACES: Places = Places {
    town: say(&[
        "{town} es un pueblo [pequeño|tranquilo|muy antiguo|alegre|blanco] [junto al mar|junto al río|en lo alto de un monte|en medio del valle].",
        "[Entre montañas|Cerca del mar|Al final del camino] está {town}, un pueblo [pequeño|bonito|de calles estrechas].",
        "[Quien llega a|Quien visita] {town} [siempre quiere volver|se queda más de un día].",
    ]),
    town_has: fact(
        &[
            "[Tiene|Allí hay|En el centro hay] {place.un} y {place2.un}.",
            "Su [rincón más bonito|lugar más querido] es {place.el}.",
            "[La gente se reúne|Los vecinos se ven] en {place.el}.",
        ],
        &[],
    ),
    town_fair: fact(
        &[
            "La fiesta de {town} es en {month}.",
            "[Cada año|Todos los años], en {month}, {town} celebra su fiesta.",
            "En {month} hay fiesta en {town}[| y todo se llena de música].",
        ],
        &[ask(&["¿En qué mes es la fiesta de {town}?", "¿Cuándo es la fiesta de {town}?"], "{month}")],
    ),
    town_end: say(&[
        "[De noche|Por la noche] [se ven las estrellas|solo se oye el río|las calles huelen a pan].",
        "[En invierno nieva|En verano refresca por la tarde|En primavera todo está en flor].",
        "El mejor recuerdo que uno se lleva son {food.los} del mercado.",
        "[No hay prisa en|Nadie corre en] {town}.",
    ]),
    shop: fact(
        &[
            "{place.el} de {town} [es pequeñ{place:o|a} y muy limpi{place:o|a}|tiene una puerta {col@cosa}|está junto a la plaza].",
            "En {town} hay {place.un} [nuev{place:o|a}|muy antigu{place:o|a}|con una puerta {col@cosa}].",
            "[Todos conocen|A todos les gusta] {place.el} de {town}.",
        ],
        &[],
    ),
    opens: fact(
        &[
            "Abre a {open}[| todos los días].",
            "La puerta se abre a {open}.",
            "[Por la mañana|Cada mañana], abre a {open}.",
        ],
        &[ask(&["¿A qué hora abre {place.el} de {town}?", "¿A qué hora abre {place.el}?"], "{open}")],
    ),
    closes: fact(
        &[
            "Cierra a {close}.",
            "[La puerta se cierra|Se cierra] a {close}.",
            "A {close} [ya no queda nadie|apagan la luz|cierra].",
        ],
        &[ask(&["¿A qué hora cierra {place.el} de {town}?", "¿A qué hora cierra {place.el}?"], "{close}")],
    ),
    rest_day: fact(
        &["El {day} [no abre|está cerrad{place:o|a}].", "[Descansan|No se trabaja] el {day}.", "Solo cierra el {day}."],
        &[ask(&["¿Qué día no abre {place.el}?", "¿Qué día está cerrad{place:o|a} {place.el}?"], "{day}")],
    ),
    keeper: fact(
        &[
            "Allí trabaja {p}.",
            "{place.el} es de {p}[|, que vive cerca].",
            "[Quien atiende es|Al entrar saluda] {p}.",
            "{p} lleva {place.el} desde hace años.",
        ],
        &[ask(&["¿Quién trabaja en {place.el} de {town}?", "¿Quién trabaja en {place.el}?"], "{p}")],
    ),
    price: fact(
        &[
            "Allí, {food.un} cuesta {n} euros.",
            "[Venden {food.los} a {n} euros|El precio de {food.los} es de {n} euros][| cada {food:uno|una}].",
            "Por {food.un} se pagan {n} euros.",
        ],
        &[ask(&["¿Cuánto cuesta {food.un}?", "¿Qué precio tiene {food.un}?"], "{n} euros")],
    ),
    shop_end: say(&[
        "[Siempre hay gente|Siempre huele bien|Se está muy a gusto allí].",
        "[La gente entra, saluda y charla un rato.|Nadie se va con las manos vacías.]",
        "[Vale la pena entrar.|Es fácil de encontrar.|Está a dos pasos de la plaza.]",
    ]),
    meeting: fact(
        &[
            "[Aviso:|Nota para todos:|Para el equipo:] la reunión será en {place.el} de {town}.",
            "[Habrá|Tenemos] reunión en {place.el} de {town}.",
            "[Se convoca una reunión|Nos reunimos] en {place.el} de {town}.",
        ],
        &[ask(&["¿Dónde es la reunión?", "¿En qué lugar es la reunión?"], "{place}")],
    ),
    meeting_day: fact(
        &[
            "Será el {day} {date} de {month}.",
            "La fecha es el {day} {date} de {month}.",
            "[Por favor, apuntad el día|El día elegido]: {day} {date} de {month}.",
        ],
        &[ask(&["¿Qué día es la reunión?", "¿Cuándo es la reunión?"], "{day} {date} de {month}")],
    ),
    meeting_time: fact(
        &["Empieza a {open}.", "[Comenzamos|La hora de inicio es] a {open}.", "Hay que llegar antes de {open}."],
        &[ask(&["¿A qué hora empieza la reunión?", "¿A qué hora es la reunión?"], "{open}")],
    ),
    meeting_leader: fact(
        &[
            "La dirige {p} {sur}.",
            "[Hablará|La prepara|Nos recibe] {p} {sur}.",
            "{p} {sur} [explicará los cambios|presentará las cuentas|contará las novedades].",
        ],
        &[ask(&["¿Quién dirige la reunión?", "¿Quién habla en la reunión?"], "{p} {sur}")],
    ),
    meeting_bring: fact(
        &["Cada persona debe llevar {obj.un}.", "Hay que traer {obj.un}.", "[No olvidéis|Recordad llevar] {obj.un}."],
        &[ask(&["¿Qué hay que llevar a la reunión?", "¿Qué hay que traer?"], "{obj.un}")],
    ),
    meeting_end: say(&[
        "[Gracias a todos.|Os esperamos.|Será corta.]",
        "[Al final habrá {food.pl} y café.|Después comeremos {food.pl} juntos.]",
        "[Quien no pueda ir|Si alguien no puede venir], que avise[| con tiempo].",
    ]),
    goes_shopping: fact(
        &[
            "[El {day}|Ayer|Esta mañana|Después de comer], {p} [fue|se acercó] a {place.el} de {town}.",
            "{p.s} [necesitaba|quería] comprar algo en {place.el} de {town}[| antes de volver a casa].",
        ],
        &[ask(&["¿A dónde fue {p}?", "¿Dónde compró {p}?"], "{place}")],
    ),
    buys: fact(
        &[
            "{p.s} compró {n} {food.pl} a {price} euros cada {food:uno|una}.",
            "{p.s} [eligió|pidió|se llevó] {n} {food.pl}. Cada {food:uno|una} costaba {price} euros.",
        ],
        &[
            ask(&["¿Qué compró {p}?"], "{n} {food.pl}"),
            ask(&["¿Cuánto costaba cada {food}?", "¿Cuánto cuesta {food.un}?"], "{price} euros"),
        ],
    ),
    buys_more: fact(
        &[
            "[También|Además] [compró|se llevó|pidió] {food2.un} por {price2} euros.",
            "[Luego|Al final] vio {food2.un} por {price2} euros y también se {food2:lo|la} llevó.",
        ],
        &[ask(&["¿Cuánto costó {food2.el}?"], "{price2} euros")],
    ),
    pays: fact(
        &["[En total|Por todo] pagó {total} euros.", "{n} por {price} son {total}: pagó {total} euros."],
        &[ask(&["¿Cuánto pagó {p}?", "¿Cuánto pagó {p} en total?"], "{total} euros")],
    ),
    pays_both: fact(
        &[
            "{a} más {b} son {total}: pagó {total} euros en total.",
            "[En total|Por todo] pagó {total} euros, porque {a} más {b} son {total}.",
        ],
        &[ask(&["¿Cuánto pagó {p} en total?", "¿Cuánto pagó {p}?"], "{total} euros")],
    ),
    shopping_end: say(&[
        "[Volvió a casa|Se fue] [content{p:o|a}|despacio|cantando].",
        "[Guardó todo en una bolsa|Dio las gracias] y [se fue|volvió a casa].",
        "[En casa {p:lo|la} esperaba {q}.|Por el camino saludó a {q}.]",
    ]),
    is_animal: say(&[
        "{animal.el} es un animal [tranquilo|curioso|muy listo|muy conocido].",
        "[Me gusta|A los niños les gusta] mucho {animal.el}.",
        "[Hoy hablamos|Este texto habla] de {animal.los}.",
    ]),
    sound: fact(
        &[
            "{animal.el} {sound}.",
            "[Cuando está content{animal:o|a}|Si tiene hambre|Para llamar a los suyos], {animal.el} {sound}.",
        ],
        &[ask(&["¿Qué hace {animal.el}?"], "{sound}")],
    ),
    diet: fact(
        &["{animal.el} come {diet}.", "Su comida es esta: {diet}.", "[Le gusta comer|Casi siempre come] {diet}."],
        &[ask(&["¿Qué come {animal.el}?"], "{diet}")],
    ),
    home: fact(
        &["{animal.el} vive {home}.", "[Vive|Suele vivir|Duerme] {home}."],
        &[ask(&["¿Dónde vive {animal.el}?"], "{home}")],
    ),
    animal_of: fact(
        &[
            "{p.s} tiene {animal.un} {fur@animal} en {town}.",
            "En {town}, {p} cuida de {animal.un} {fur@animal}.",
            "[Una vez|Un día], {p} vio {animal.un} {fur@animal} cerca de {town}.",
        ],
        &[ask(&["¿De qué color es {animal.el} de {p}?"], "{fur@animal}")],
    ),
    medicine_for: fact(
        &[
            "{med} es un medicamento para {ail}.",
            "{med} [sirve para|alivia|ayuda con] {ail}.",
            "[Los médicos recetan|Se receta] {med} para {ail}.",
        ],
        &[ask(&["¿Para qué sirve {med}?", "¿Para qué se toma {med}?"], "{ail}")],
    ),
    medicine_dose: fact(
        &[
            "Se toma [una pastilla|una cucharada] cada {hours} horas.",
            "[La dosis es de|Basta con] una pastilla cada {hours} horas.",
            "Hay que esperar {hours} horas entre una toma y otra.",
        ],
        &[ask(&["¿Cada cuánto se toma {med}?", "¿Cada cuántas horas se toma {med}?"], "{hours} horas")],
    ),
    medicine_given: fact(
        &[
            "{doc.el} {sur} se lo [recetó|dio] a {p}.",
            "{p} lo toma desde el {day}.",
            "A {p} se lo recetó {doc.el} {sur}.",
        ],
        &[ask(&["¿Quién toma {med}?", "¿A quién recetaron {med}?"], "{p}")],
    ),
    medicine_note: say(&[
        "[Siempre hay que|Conviene] [preguntar al médico|leer el papel|beber mucha agua].",
        "[No se debe tomar|Es mejor no tomarlo] [sin comer|de noche|con leche].",
        "[Hay que guardarlo|Se guarda] [lejos de los niños|en un lugar seco|en la caja].",
        "Puede dar [un poco de sueño|sed|algo de hambre].",
    ]),
    recipe: fact(
        &[
            "Para hacer {dish.un} [se necesitan|hacen falta] {i1}, {i2} y {i3}.",
            "{dish.un} [se hace|se prepara] con {i1}, {i2} y {i3}.",
            "{p} hace {dish.un} con {i1}, {i2} y {i3}.",
        ],
        &[ask(&["¿Qué lleva {dish.el}?", "¿Con qué se hace {dish.el}?"], "{i1}, {i2} y {i3}")],
    ),
    recipe_first: say(&[
        "Primero hay que preparar {i1}[| con cuidado].",
        "Lo primero es limpiar la mesa y preparar {i1}.",
        "Se empieza con {i1}.",
    ]),
    recipe_then: say(&[
        "[Luego|Después] hay que añadir {i2}[| poco a poco].",
        "[Luego|Después] toca añadir {i2} y {i3}.",
        "Cuando está todo listo, se añade lo demás: {i2} y {i3}.",
    ]),
    recipe_cook: say(&["[Al final|Por último] hay que {step}.", "[Solo queda|Ya solo falta] {step}."]),
    recipe_end: say(&[
        "[Se sirve|Se come] [en familia|con calma|enseguida|al día siguiente].",
        "A {p} le sale muy [buen{dish:o|a}|ric{dish:o|a}].",
        "[Queda para cuatro personas.|Huele de maravilla.|Es fácil y barato.]",
    ]),
    word_pair: say(&[
        "En inglés, {animal.el} se llama {other}.",
        "\"{word}\" en inglés [es|se dice] \"{other}\".",
        "La palabra inglesa \"{other}\" quiere decir {word}.",
    ]),
    sums: [
        say(&[
            "{a} + {b} = {total}.",
            "{a} más {b} son {total}.",
            "{aw} más {bw} son {tw}.",
            "Si a {a} le sumamos {b}, tenemos {total}.",
        ]),
        say(&[
            "{a} - {b} = {total}.",
            "{a} menos {b} son {total}.",
            "{aw} menos {bw} son {tw}.",
            "Si a {a} le quitamos {b}, quedan {total}.",
        ]),
        say(&["{a} x {b} = {total}.", "{a} por {b} son {total}.", "{aw} por {bw} son {tw}."]),
    ],
    counts: [
        say(&[
            "{p} tiene {a} {food.pl}. {q} le da {b} más. Ahora {p} tiene {total} {food.pl}.",
            "En la mesa hay {a} {food.pl} y en la bolsa hay {b}. En total hay {total} {food.pl}.",
        ]),
        say(&[
            "{p} tiene {a} {food.pl} y le da {b} a {q}. Le quedan {total}.",
            "Había {a} {food.pl} en la cesta. {p} se llevó {b}. Quedan {total} {food.pl}.",
        ]),
    ],
};
