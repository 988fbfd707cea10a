/* Styles of the element and its elements. Colours are CSS variables of the page; without them, those of the figures
 * in the light report. */

export const DEFAULTS = {
  left: "#1d5fa8", right: "#b4530a", bone: "#64748b", body: "#c3d0de", floor: "#cbd5e1", marker: "#0f766e",
  ink: "#0f172a", muted: "#475569", line: "#d5dde6", accent: "#1d5fa8", "on-accent": "#ffffff", surface: "#ffffff",
};
const css = (name) => `var(--gait-${name}, ${DEFAULTS[name]})`;

export const STYLE = `
  :host { display: block; color: ${css("ink")}; font: inherit; line-height: 1.4; }
  .print { display: none; }
  .failed .print { display: block; }
  .failed .live { display: none; }
  @media print { :host { ${Object.entries(DEFAULTS).map(([name, value]) => `--gait-${name}: ${value};`).join(" ")} }
    .live { display: none !important; } .print { display: block; } }
  .view { position: relative; }
  canvas { display: block; width: 100%; height: clamp(320px, 54vh, 480px); cursor: grab; box-sizing: border-box;
    border-radius: 10px; border: 1px solid ${css("line")}; background: ${css("surface")}; }
  .pair canvas { height: clamp(350px, 60vw, 460px); }
  canvas:active { cursor: grabbing; }
  :focus-visible { outline: 3px solid ${css("accent")}; outline-offset: 2px; }
  .captions { position: absolute; inset: 10px 0 auto; display: grid; grid-auto-flow: column; pointer-events: none;
    grid-auto-columns: minmax(0, 1fr); font-weight: 600; font-size: 14px;
    overflow-wrap: anywhere; }
  .captions span { padding: 0 14px; }
  .overlaid .captions { grid-auto-columns: max-content; }
  .overlaid .captions span:nth-child(2) { opacity: 0.75; }
  .pair .view:not(.overlaid)::after { content: ""; position: absolute; left: 50%; top: 0; bottom: 0; width: 1px;
    background: ${css("line")}; }
  .legend { position: absolute; left: 14px; bottom: 10px; display: flex; gap: 12px; font-size: 13px; pointer-events: none;
    color: ${css("muted")}; }
  .legend span { display: inline-flex; align-items: center; gap: 5px; }
  .legend i { width: 20px; height: 6px; border-radius: 3px; }
  .legend .left { background: ${css("left")}; }
  .legend .right { background: linear-gradient(90deg, ${css("right")} 40%, #fff 40% 58%, ${css("right")} 58%); }
  .bar { display: flex; flex-wrap: wrap; gap: 6px 8px; align-items: center; margin-top: 8px; }
  button, select { font: inherit; font-size: 14px; min-height: 36px; padding: 4px 11px; border-radius: 7px; cursor: pointer;
    border: 1px solid ${css("line")}; background: ${css("surface")}; color: inherit; }
  button:hover, select:hover { border-color: ${css("accent")}; }
  button.icon { padding: 4px 9px; min-width: 38px; }
  button svg { display: block; width: 16px; height: 16px; fill: currentColor; margin: 0 auto; }
  button.play { min-width: 6.6em; background: ${css("accent")}; color: ${css("on-accent")}; font-weight: 600;
    border-color: transparent; display: inline-flex; align-items: center; justify-content: center; gap: 7px; }
  button.play svg { margin: 0; }
  .views { display: inline-flex; border: 1px solid ${css("line")}; border-radius: 7px; }
  .views button { border: 0; border-radius: 6px; background: none; }
  .views button[aria-pressed=true] { background: ${css("ink")}; color: ${css("surface")}; font-weight: 600; }
  label { display: inline-flex; gap: 6px; align-items: center; font-size: 14px; min-height: 36px; margin-right: 4px; }
  input[type=checkbox] { width: 17px; height: 17px; margin: 0; accent-color: ${css("accent")}; }
  output { font-variant-numeric: tabular-nums; font-size: 14px; min-width: 8.2em; }
  .time { margin-top: 8px; }
  .lane { display: grid; grid-template-columns: 6.4em minmax(0, 1fr); align-items: center; min-height: 20px;
    font-size: 13px; color: ${css("muted")}; }
  .lane > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .track { position: relative; height: 16px; margin: 0 8px; border-bottom: 1px solid ${css("line")}; cursor: pointer; }
  .tick { position: absolute; bottom: -1px; width: 3px; height: 12px; margin-left: -1.5px; border-radius: 1.5px; }
  .cursor { position: absolute; top: 0; bottom: -4px; width: 1.5px; margin-left: -0.75px; background: ${css("ink")}; }
  .head { font-weight: 600; color: ${css("ink")}; font-size: 13px; margin-top: 4px; }
  input[type=range] { width: 100%; margin: 0; height: 26px; accent-color: ${css("accent")}; }
  .hint, .message { margin: 6px 0 0; font-size: 13px; color: ${css("muted")}; }
  .message { color: ${css("ink")}; margin: 0 0 8px; }
  .probe { display: none; }
  @media (max-width: 560px) {
    button, select, label { min-height: 40px; }
    .views { width: 100%; } .views button { flex: 1; padding: 4px 2px; }
    button.play { min-width: 5.9em; padding: 4px 8px; } select { padding: 4px; } output { min-width: 6.9em; font-size: 13px; }
  }
`;

export const ICONS = {
  play: "M4 2.5v11l9-5.5z", pause: "M3.5 2.5h3v11h-3zM9.5 2.5h3v11h-3z",
  back: "M11 2.5v11L4.5 8zM2.5 2.5h2v11h-2z", forward: "M5 2.5v11L11.500 8zM11.500 2.5h2v11h-2z",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function createElement(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}
