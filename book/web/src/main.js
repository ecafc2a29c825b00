// Starts the colouring page with the network in a worker. ASSETS is written in by the build.

import { startPage } from "page";

import { WorkerEngine } from "./engine.js";

const base = new URL(".", document.currentScript.src).href;
startPage(new WorkerEngine(ASSETS, base));
