"use strict";
// Makes pages nicer that work without it: times of the reader's zone, live charts, files that are dragged in.
(() => {
  const readable = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

  const localise = (root) => {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const read = new Date(time.getAttribute("datetime"));
      if (!Number.isNaN(read.getTime())) time.textContent = readable.format(read);
    }
  };

  const plots = new Map();

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const drawing = (box, names) => {
    const axis = { stroke: colour("--fg-axis"), grid: { stroke: colour("--fg-grid"), width: 1 }, ticks: { show: false } };
    const series = names.map((label, at) => ({
      label,
      stroke: colour(`--fg-line-${at + 1}`),
      fill: at === 0 ? colour("--fg-line-1-soft") : undefined,
      width: 2,
      points: { show: false },
      value: (_, value) => (value === null ? "–" : value.toLocaleString()),
    }));
    return {
      width: box.clientWidth,
      height: 260,
      axes: [axis, { ...axis, size: 60, values: (_, ticks) => ticks.map((tick) => tick.toLocaleString()) }],
      series: [{}, ...series],
      scales: { y: { range: (_, low, high) => [0, Math.max(1, high)] } },
      legend: { live: true },
      cursor: { y: false },
    };
  };

  const plot = async (box) => {
    const answer = await fetch(box.dataset.plot, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (answer.status === 401) location.reload();
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const { names, data } = await answer.json();
    const drawn = plots.get(box);
    if (drawn) {
      drawn.setData(data);
      return;
    }
    box.replaceChildren();
    plots.set(box, new uPlot(drawing(box, names), data, box));
  };

  const lost = (is) => {
    const note = document.querySelector("[data-live-lost]");
    if (note) note.hidden = !is;
  };

  const live = (box) => {
    if (box.dataset.live) return;
    box.dataset.live = "yes";
    const again = () => plot(box).then(() => lost(false), () => lost(true));
    again();
    setInterval(() => document.hidden || again(), Number(box.dataset.every || 10) * 1000);
  };

  const redraw = () => {
    for (const [box, drawn] of plots) {
      drawn.destroy();
      plots.delete(box);
      plot(box).catch(() => lost(true));
    }
  };

  const drop = (area) => {
    const input = area.querySelector("input[type=file]");
    const over = (is) => area.classList.toggle("fg-over", is);
    area.addEventListener("dragover", (event) => { event.preventDefault(); over(true); });
    area.addEventListener("dragleave", () => over(false));
    area.addEventListener("drop", (event) => {
      event.preventDefault();
      over(false);
      if (!event.dataTransfer.files.length) return;
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    input.addEventListener("change", () => {
      const name = area.querySelector("[data-file-name]");
      if (name && input.files.length) name.textContent = input.files[0].name;
    });
  };

  // A field of a time has no zone. The page has it in UTC; the reader sees and types the own zone.
  const localField = (input) => {
    const pad = (number) => String(number).padStart(2, "0");
    const label = document.querySelector(`label[for="${input.id}"]`);
    if (label) label.textContent = input.dataset.localTime;
    const read = new Date(`${input.value}Z`);
    if (!Number.isNaN(read.getTime())) {
      const day = `${read.getFullYear()}-${pad(read.getMonth() + 1)}-${pad(read.getDate())}`;
      input.value = `${day}T${pad(read.getHours())}:${pad(read.getMinutes())}`;
    }
    input.form.addEventListener("formdata", (event) => {
      const typed = new Date(input.value);
      if (!Number.isNaN(typed.getTime())) event.formData.set(input.name, typed.toISOString());
    });
  };

  // Selected, the text can be copied by hand where the browser does not let a page copy.
  const copying = (button) => {
    const source = document.getElementById(button.dataset.copy);
    button.hidden = false;
    const say = (words) => { button.querySelector("span").textContent = words; };
    button.addEventListener("click", () => {
      source.focus();
      source.select();
      const copied = navigator.clipboard ? navigator.clipboard.writeText(source.value) : Promise.reject();
      copied.then(() => say(button.dataset.copied), () => say(button.dataset.marked));
    });
  };

  // The address of a long form stays short: what is left empty is not sent.
  const shorten = (form) => form.addEventListener("formdata", ({ formData }) => {
    for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
  });

  document.addEventListener("DOMContentLoaded", () => {
    localise(document);
    document.querySelectorAll("[data-copy]").forEach(copying);
    document.querySelectorAll("form[data-short]").forEach(shorten);
    document.querySelectorAll("[data-local-time]").forEach(localField);
    const toggle = document.querySelector("[data-theme-toggle]");
    if (toggle) {
      toggle.hidden = false;
      toggle.addEventListener("click", () => {
        const theme = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
        document.documentElement.dataset.bsTheme = theme;
        try { localStorage.setItem("fangate-theme", theme); } catch { /* storage is switched off */ }
        redraw();
      });
    }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
    document.querySelectorAll("[data-plot]").forEach(live);
    document.querySelectorAll("[data-drop]").forEach(drop);
    document.addEventListener("click", (event) => {
      for (const open of document.querySelectorAll("details.fg-user[open]")) {
        if (!open.contains(event.target)) open.open = false;
      }
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) {
        const search = document.getElementById("search");
        if (search) { event.preventDefault(); search.focus(); }
      }
    });
    let waiting = 0;
    addEventListener("resize", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => plots.forEach((drawn, box) => drawn.setSize({ width: box.clientWidth, height: 260 })), 100);
    });
  });

  document.addEventListener("htmx:load", (event) => {
    localise(event.detail.elt);
    event.detail.elt.querySelectorAll("[data-plot]").forEach(live);
  });
  document.addEventListener("htmx:afterRequest", (event) => lost(!event.detail.successful));
})();
