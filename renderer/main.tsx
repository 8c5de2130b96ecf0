import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/parts.css";
import "./styles/rooms.css";
import { createRoot } from "react-dom/client";
import { App } from "./App.tsx";
import { connect } from "./store.ts";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no #root");
connect(window.sanaq);
createRoot(root).render(<App />);
