// Cursor lines of the figures follow the viewer ("agir-time"); a click into a figure moves the viewer
// ("agir-seek"). Figures are found when an event comes, so that they may be replaced at any time.
(() => {
  if (window.agirReportCursor) return;
  window.agirReportCursor = true;

  const number = (figure, name) => Number(figure.dataset[name]);

  /** Horizontal position of a share (0 to 1) of the axis of a figure, in its own units. */
  const position = (figure, share) =>
    number(figure, "x0") + share * (number(figure, "x1") - number(figure, "x0"));

  const move = (cursor, x) => {
    cursor.toggleAttribute("hidden", x === null);
    if (x !== null) cursor.setAttribute("transform", `translate(${x.toFixed(1)} 0)`);
  };

  /** Share of the stride that contains a time; null outside all strides. */
  const shareOf = (spans, time) => {
    const span = spans.find(([start, end]) => start <= time && time <= end);
    return span ? (time - span[0]) / (span[1] - span[0]) : null;
  };

  const now = {};

  const update = ({ walk = 0, time_s: time }) => {
    now[walk] = time;
    for (const figure of document.querySelectorAll(`svg.agir-plot[data-agir-walk="${walk}"]`)) {
      const t0 = number(figure, "t0");
      const share = (time - t0) / (number(figure, "t1") - t0);
      const cursor = figure.querySelector(".cursor");
      if (cursor) move(cursor, share >= 0 && share <= 1 ? position(figure, share) : null);
    }
    for (const figure of document.querySelectorAll("svg.agir-plot[data-agir-cycles]")) {
      const cursors = figure.querySelectorAll(".cursor");
      JSON.parse(figure.dataset.agirCycles).forEach((cycle, index) => {
        if (cycle.walk !== walk || !cursors[index]) return;
        const share = shareOf(cycle.spans, time);
        move(cursors[index], share === null ? null : position(figure, share));
      });
    }
  };

  /** Time of a share of the stride, in the stride that is nearest to the present time. */
  const timeOfCycle = (figure, share) => {
    const cycle = JSON.parse(figure.dataset.agirCycles)[0];
    const time = now[cycle.walk] ?? 0;
    const away = ([start, end]) => Math.max(start - time, time - end, 0);
    const span = cycle.spans.reduce((best, next) => (away(next) < away(best) ? next : best));
    return { walk: cycle.walk, time_s: span[0] + share * (span[1] - span[0]) };
  };

  const seek = (event) => {
    const figure = event.target.closest?.("svg.agir-plot[data-x0]");
    if (!figure) return;
    const box = figure.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * figure.viewBox.baseVal.width;
    const share = (x - number(figure, "x0")) / (number(figure, "x1") - number(figure, "x0"));
    if (share < 0 || share > 1) return;
    const t0 = number(figure, "t0");
    const detail = figure.dataset.agirCycles
      ? timeOfCycle(figure, share)
      : { walk: number(figure, "agirWalk"), time_s: t0 + share * (number(figure, "t1") - t0) };
    update(detail);
    document.dispatchEvent(new CustomEvent("agir-seek", { detail }));
  };

  document.addEventListener("agir-time", (event) => update(event.detail));
  document.addEventListener("click", seek);
})();
