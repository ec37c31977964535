// Everything a page may need. Each module finds its own elements and does nothing where there are none.

import "./requests.js";
import "./tips.js";
import "./menus.js";
import "./frame.js";
import "./elapsed-time.js";
import "./relative-time.js";
import "./long-text.js";
import "./feed.js";
import "./live.js";
import "./panel.js";
import "./prompt-bar.js";
import "./references.js";
import "./boards.js";
import "./keeping.js";
import "./selection.js";
import "./small-form.js";
import "./zoom-view.js";
import "./video-tile.js";
import "./video-player.js";
import "./moodboards/picker.js";
import "./compare-view.js";
import "./lightbox.js";
import "./keys.js";
