// What every page loads: each module looks for its own marks in the page and leaves alone what it does not find.

import { startComboboxes } from "./combobox.js";
import { startCopying } from "./copying.js";
import { startDrafts } from "./drafts.js";
import { startFiles } from "./files.js";
import { startFirstSix } from "./first_six.js";
import { startKeys } from "./keys.js";
import { startLive } from "./live.js";
import { startMentions } from "./mentions.js";
import { startOnce } from "./once.js";
import { startPreview } from "./preview.js";
import { startPulse } from "./pulse.js";
import { startPrint } from "./print.js";
import { startProcedures } from "./procedures.js";
import { startTexts } from "./texts.js";
import { startSaving } from "./saving.js";
import { startTogether } from "./together.js";
import { startWaiting } from "./waiting.js";

document.documentElement.classList.add("has-js");
startComboboxes(document);
startCopying(document);
startFirstSix(document);
startKeys(document);
startLive(document);
startPrint(document);
startProcedures(document);
startPreview(document);
startDrafts(document);
startPulse(document);
startTexts(document);
startSaving(document);
startFiles(document);
startMentions(document);
startOnce(document);
startTogether(document);
startWaiting(document);
document.querySelector("[data-focus]")?.focus();
