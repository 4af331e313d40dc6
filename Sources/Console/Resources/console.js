// The console's scripts: each adds to pages that the gateway has rendered, and acts by its API.
import { watchSelection } from "./bulk.js";
import { watchCopies } from "./copy.js";
import { watchDialogs } from "./dialogs.js";
import { watchForms } from "./forms.js";
import { watchImport } from "./import.js";
import { watchKeys } from "./keys.js";
import { watchEvents } from "./live.js";
import { watchTables } from "./tables.js";
import { watchTheme } from "./appearance.js";
import { watchTimes } from "./times.js";
import { watchAccount } from "./account.js";

watchAccount();
watchCopies();
watchDialogs();
watchForms();
watchImport();
watchKeys();
watchTimes();
watchTables();
watchSelection();
watchTheme();
watchEvents();
