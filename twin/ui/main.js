// All elements of the pages; the template of a page says which of them it shows.

import "./header.js";
import "./timecontrol.js";
import "./scrub.js";
import "./plant.js";
import "./machine.js";
import "./oee.js";
import "./stops.js";
import "./alarms.js";
import "./condition.js";
import "./trends.js";
import "./connections.js";
import "./outlets.js";
import "./coverage.js";
import "./connect.js";
import "./break.js";
import { begin } from "./now.js";

begin();
