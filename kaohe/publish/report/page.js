"use strict";
// The report's script: filters, sorting, pages, search, and the pages of single units and items, built when they are opened.
// All words stand in the template; texts from the data only ever become text nodes.
addEventListener("DOMContentLoaded", () => {
  const root = document.documentElement;
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const title = document.title;

  // ---- texts and templates

  const texts = [];
  const text = (number) => {
    if (texts[number] === undefined) {
      const entry = data.strings[number];
      texts[number] = typeof entry === "string" ? entry : data.strings[entry[0]].split("\u0001").reduce((all, part, n) => all + entry[n] + part);
    }
    return texts[number];
  };
  const plain = (words) => words.normalize("NFKC").toLowerCase();
  const told = (words, values) => words.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const word = (id) => $(id).content.textContent.trim();

  const badge = (element, [words, mark]) => {
    element.className = `badge ${mark}`;
    element.textContent = words;
  };
  /** A copy of a template with its places filled; what has nothing to show is taken out. */
  const fill = (id, values) => {
    const copy = $(id).content.cloneNode(true);
    for (const each of copy.querySelectorAll("[data-if]")) if (!values[each.dataset.if]) each.remove();
    for (const each of copy.querySelectorAll("[data-t]")) each.textContent = values[each.dataset.t] ?? "";
    for (const each of copy.querySelectorAll("[data-badge]")) badge(each, values[each.dataset.badge]);
    for (const each of copy.querySelectorAll("[data-href]")) each.setAttribute("href", `#${values[each.dataset.href]}`);
    for (const each of copy.querySelectorAll("[data-width]")) each.style.width = `${values[each.dataset.width]}%`;
    return copy;
  };
  const slot = (copy, name, parts) => {
    const place = copy.querySelector(`[data-slot="${name}"]`);
    if (place) place.append(...parts);
  };
  const first = (copy) => copy.firstElementChild;

  // ---- the data by name: positions are those of details.py

  const units = data.units.map((u, index) => ({
    index, code: u[0], name: text(u[1]), short: text(u[2]), department: text(u[3]), email: text(u[4]), group: data.groups[u[5]], groupIndex: u[5],
    state: data.unitStates[u[6]], reason: text(u[7]), file: text(u[8]), totals: u[9], sections: u[10], items: u[11], fields: u[12], lists: u[13],
    files: u[14], moves: u[15],
  }));
  const byCode = new Map(units.map((unit) => [unit.code, unit]));
  const files = data.files.map((f, index) => ({
    index, name: text(f[0]), verdict: data.verdicts[f[1]], said: text(f[2]), size: text(f[3]), modified: f[4], seen: f[5], unit: units[f[6]], other: text(f[7]),
    changes: f[8],
  }));
  const items = data.sections.flatMap((section) => section.clauses.flatMap((clause) => clause[2].map((item) => ({
    section, clause, id: item[0], title: item[1], bonus: Boolean(item[2]) && !item[1].includes("加分"), maximum: item[3], fields: item[4], lists: item[5],
  }))));
  items.forEach((item, index) => { item.index = index; });
  const byItem = new Map(items.map((item) => [item.id, item]));
  /** The clock in Beijing, whatever the computer's is. */
  const moment = (seconds) => (seconds ? new Date((seconds + 8 * 3600) * 1000).toISOString().slice(0, 16).replace("T", " ") : "—");
  const pairs = (flat) => {
    const found = new Map();
    for (let n = 0; n < flat.length; n += 2) found.set(flat[n], flat[n + 1]);
    return found;
  };

  // ---- lists of rows: filtered, sorted, a page at a time

  const PAGE = 100;
  const chinese = new Intl.Collator("zh-CN", { numeric: true });
  const amount = (words) => {
    const [whole, part] = words.split("/").map(Number);
    return part ? whole / part : whole;
  };
  const listings = new Set();

  class Listing {
    constructor(place, rows) {
      this.body = place.querySelector("tbody");
      this.rows = rows ?? [...this.body.rows];
      this.shown = this.rows;
      this.page = 0;
      this.keys = new Map();
      this.count = place.querySelector("[data-all]");
      this.form = place.querySelector("form.filter");
      this.pager = first($("t-pager").content.cloneNode(true));
      this.body.parentElement.after(this.pager);
      this.pager.querySelector("[data-do=back]").addEventListener("click", () => this.turn(-1));
      this.pager.querySelector("[data-do=on]").addEventListener("click", () => this.turn(1));
      if (this.form && this.rows.length >= Number(this.form.dataset.least)) this.filters();
      if (this.rows.length > 1) for (const head of place.querySelectorAll("th[data-sort]")) this.sorts(head);
      listings.add(this);
      this.show();
    }

    filters() {
      this.form.hidden = false;
      for (const select of this.form.querySelectorAll("select[data-options]")) {
        const values = new Set(this.rows.map((row) => row.dataset[select.name]));
        for (const [value, words] of OPTIONS[select.dataset.options]()) if (values.has(value)) select.append(new Option(words, value));
        if (select.options.length < 3) select.parentElement.hidden = true;
      }
      this.form.addEventListener("input", () => this.filter());
      this.form.addEventListener("submit", (event) => event.preventDefault());
      this.form.addEventListener("reset", (event) => {
        event.preventDefault();
        for (const each of this.form.querySelectorAll("input, select")) each.value = "";
        this.filter();
      });
    }

    key(row) {
      if (!this.keys.has(row)) this.keys.set(row, plain(row.textContent));
      return this.keys.get(row);
    }

    filter() {
      const selects = [...this.form.querySelectorAll("select")].filter((select) => select.value);
      const wanted = plain(this.form.elements.text?.value ?? "").split(/\s+/).filter(Boolean);
      this.shown = this.rows.filter((row) => selects.every((select) => row.dataset[select.name] === select.value) && wanted.every((each) => this.key(row).includes(each)));
      this.page = 0;
      this.show();
    }

    sorts(head) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        this.sort(head.cellIndex, head.dataset.sort === "number", down ? -1 : 1);
      });
    }

    sort(column, numbers, way) {
      const keyed = this.rows.map((row) => {
        const words = row.cells[column].textContent.trim();
        return { row, words, value: numbers ? amount(words) : 0, last: words === "—" };
      });
      const differ = numbers ? (a, b) => a.value - b.value : (a, b) => chinese.compare(a.words, b.words);
      keyed.sort((a, b) => a.last - b.last || (a.last ? 0 : way * differ(a, b)));
      const order = new Map(keyed.map(({ row }, n) => [row, n]));
      this.rows = keyed.map(({ row }) => row);
      this.shown = [...this.shown].sort((a, b) => order.get(a) - order.get(b));
      this.page = 0;
      this.show();
    }

    turn(by) {
      this.page += by;
      this.show();
      this.body.parentElement.scrollIntoView({ block: "nearest" });
    }

    show(whole = false) {
      const pages = Math.max(1, Math.ceil(this.shown.length / PAGE));
      this.body.replaceChildren(...(whole ? this.shown : this.shown.slice(this.page * PAGE, (this.page + 1) * PAGE)));
      this.body.parentElement.hidden = !this.shown.length;
      this.pager.hidden = pages === 1 || whole;
      this.pager.querySelector("[data-t=page]").textContent = this.page + 1;
      this.pager.querySelector("[data-t=pages]").textContent = pages;
      this.pager.querySelector("[data-do=back]").disabled = this.page === 0;
      this.pager.querySelector("[data-do=on]").disabled = this.page === pages - 1;
      if (this.count) {
        const { all, some, none } = this.count.dataset;
        const words = this.shown.length < this.rows.length ? some : this.rows.length || !none ? all : none;
        this.count.textContent = told(words, { n: this.rows.length, m: this.shown.length });
      }
    }
  }

  const OPTIONS = {
    groups: () => data.groups.map((name, n) => [String(n), name]),
    units: () => units.map((unit) => [unit.code, unit.short]),
    verdicts: () => data.verdicts.map(([name]) => [name, name]),
  };

  /** Long lists show their beginning, and the rest when asked. */
  const FEW = 8;
  const shorten = (list) => {
    const rest = [...list.children].slice(FEW);
    if (rest.length < 3) return;
    for (const each of rest) each.classList.add("later");
    const button = first(fill("t-more", { count: rest.length }));
    button.addEventListener("click", () => {
      for (const each of rest) each.classList.remove("later");
      button.remove();
      const link = rest[0].querySelector("a");
      if (link) link.focus();
    });
    list.after(button);
  };

  // ---- rows

  const fileRow = (file) => {
    const copy = fill("t-file", {
      name: file.name, unit: file.unit?.short, to: file.unit && `unit-${file.unit.code}`, other: file.unit ? "" : file.other, unknown: !file.unit && !file.other,
      verdict: file.verdict, said: file.said, size: file.size, modified: moment(file.modified), seen: moment(file.seen),
    });
    if (file.changes.length) {
      const changes = fill("t-changes", { count: file.changes.length });
      slot(changes, "changes", file.changes.map(([sheet, cell, label, before, after]) => fill("t-change", {
        sheet: text(sheet), cell: text(cell), label: text(label), before: text(before) || word("t-blank"), after: text(after) || word("t-blank"),
      })));
      slot(copy, "said", [changes]);
    }
    const row = first(copy);
    row.dataset.s = file.verdict[0];
    return row;
  };
  const without = (row, column) => {
    const copy = row.cloneNode(true);
    copy.deleteCell(column);
    copy.removeAttribute("id");
    return copy;
  };

  // ---- the page of one unit

  const cell = (unit, index) => {
    const [layout, typed, evidence, counts] = unit.fields;
    const raw = text(typed[index]), value = unit.counts.get(index);
    const place = data.layouts[layout].slice(index * 2, index * 2 + 2).map(text).join(" ");
    return fill("t-cell", {
      label: data.fields[index][0], typed: raw || word("t-blank"), unit: raw && value === undefined ? data.fields[index][1] : "", counts: value && text(value),
      dropped: value === 0 && raw, place, evidence: text(evidence[index]),
    });
  };
  const counting = (unit, list, item) => {
    const found = unit.lists.find(([index]) => index === list);
    return found ? found[1].filter(([, , counted]) => counted !== -1 && counted.includes(item)).length : 0;
  };
  const itemRow = (unit, item) => {
    const [points, words, , ] = unit.items;
    const state = unit.itemStates.get(item.index);
    const copy = fill("t-item", {
      id: item.id, title: item.title, to: `item-${item.id}`, bonus: item.bonus, points: unit.totals ? points[item.index] : "—", maximum: item.maximum,
      state: state && data.itemStates[state], why: text(words[item.index]), own: unit.own.get(item.index) === undefined ? "" : String(unit.own.get(item.index)),
    });
    const cells = unit.fields ? item.fields.map((index) => cell(unit, index)) : [];
    for (const list of item.lists) {
      const rows = counting(unit, list, item.index);
      if (rows) cells.push(fill("t-rows", { list: data.lists[list][0], rows, to: `unit-${unit.code}/list-${list}` }));
    }
    slot(copy, "cells", cells);
    first(copy).dataset.anchor = item.id;
    return copy;
  };
  const itemGroups = (unit) => data.sections.flatMap((section, n) => {
    const head = document.createElement("tbody");
    head.dataset.anchor = `part-${n}`;
    head.append(fill("t-section", { title: section.number + section.title }));
    return [head, ...section.clauses.map((clause) => {
      const body = document.createElement("tbody");
      body.append(fill("t-clause", { text: clause[1] }), ...clause[2].map((item) => itemRow(unit, byItem.get(item[0]))));
      return body;
    })];
  });
  const part = (unit) => (section, n) => {
    const points = unit.sections ? unit.sections[n] : "—";
    const share = unit.sections && section.full ? Math.min(100, (100 * amount(String(points))) / section.full) : 0;
    return fill("t-part", { title: section.number + section.title, to: `unit-${unit.code}/part-${n}`, points, maximum: section.maximum, share: section.full ? String(share) : "" });
  };
  const listTable = ([index, rows]) => {
    const [label, columns] = data.lists[index];
    const block = document.createElement("section");
    const copy = fill("t-list", { list: label, count: rows.length });
    slot(copy, "heads", columns.map((words) => fill("t-head", { text: words })));
    slot(copy, "rows", rows.map(([sheet, number, counted, ...cells]) => {
      const state = counted === -1 ? [word("t-invalid"), "error"] : counted.length ? [counted.map((n) => items[n].id).join("、"), "plain"] : [word("t-uncounted"), "plain"];
      const row = fill("t-row", { sheet: text(sheet), number, counted: state });
      first(row).append(...cells.map((each) => { const td = document.createElement("td"); td.textContent = text(each); return td; }));
      return row;
    }));
    block.dataset.anchor = `list-${index}`;
    block.append(copy);
    return block;
  };
  const moveRow = (unit) => ([effect, total, place]) => fill("t-move", {
    question: data.effects[effect][0], choice: data.effects[effect][1], total: unit.totals[1], otherTotal: total, place: unit.totals[0], otherPlace: place,
  });
  const neighbours = (list, index, to, name) => {
    const [before, after] = [list[index - 1], list[index + 1]];
    return { before: before && to(before), beforeName: before && name(before), after: after && to(after), afterName: after && name(after) };
  };

  const unitPage = (unit) => {
    unit.counts = pairs(unit.fields ? unit.fields[3] : []);
    unit.itemStates = pairs(unit.items[2]);
    unit.own = pairs(unit.items[3]);
    const found = (findings ? findings.all : []).filter((row) => row.dataset.u === unit.code);
    const [place, total, capped, uncapped, bonus] = unit.totals || [];
    const copy = fill("t-unit", {
      short: unit.short, state: unit.state, stateName: unit.state[0], name: unit.name, group: unit.group, department: unit.department, email: unit.email,
      reason: unit.reason, file: unit.file, place, total: unit.totals && String(total), capped, uncapped, bonus, findings: found.length, count: items.length,
      lists: unit.lists.length, moves: unit.moves.length, noFiles: !unit.files.length, files: unit.files.length,
      ...neighbours(units, unit.index, (each) => `unit-${each.code}`, (each) => each.short),
    });
    slot(copy, "findings", found.map((row) => without(row, 1)));
    slot(copy, "parts", data.sections.map(part(unit)));
    copy.querySelector("table.items").append(...itemGroups(unit));
    slot(copy, "lists", unit.lists.map(listTable));
    slot(copy, "moves", unit.moves.map(moveRow(unit)));
    slot(copy, "files", unit.files.map((index) => without(fileRow(files[index]), 1)));
    return copy;
  };

  // ---- the page of one item

  const itemPage = (item) => {
    const copy = fill("t-items", {
      id: item.id, title: item.title, section: item.section.number + item.section.title, maximum: item.maximum, text: item.clause[1],
      ...neighbours(items, item.index, (each) => `item-${each.id}`, (each) => each.id),
    });
    const rows = units.map((unit) => {
      const state = pairs(unit.items[2]).get(item.index);
      const row = first(fill("t-one", {
        short: unit.short, to: `unit-${unit.code}/${item.id}`, group: unit.group, points: unit.totals ? unit.items[0][item.index] : "—",
        state: state && data.itemStates[state], why: text(unit.items[1][item.index]),
      }));
      row.dataset.g = unit.groupIndex;
      return row;
    });
    opened = new Listing(copy.querySelector("[data-slot=listing]"), rows);
    return copy;
  };

  // ---- which page is shown: the part of the address after #

  const overview = $("overview"), one = $("one");
  let opened = null, left = 0, from = null;

  const open = (content, heading, anchor) => {
    overview.hidden = true;
    one.hidden = false;
    one.replaceChildren(content);
    document.title = `${heading} - ${title}`;
    const place = anchor && one.querySelector(`[data-anchor="${CSS.escape(anchor)}"]`);
    const target = place ? place.querySelector("[tabindex], a") ?? place : one.querySelector("h2");
    target.focus({ preventScroll: true });
    if (place) place.scrollIntoView();
    else scrollTo({ top: 0, behavior: "instant" });
  };
  const close = (anchor) => {
    const was = !one.hidden;
    one.hidden = true;
    one.replaceChildren();
    overview.hidden = false;
    document.title = title;
    if (anchor && $(anchor)) {
      $(anchor).scrollIntoView();
      $(anchor).focus({ preventScroll: true });
    } else if (was) {
      scrollTo({ top: left, behavior: "instant" });
      if (from?.isConnected) from.focus({ preventScroll: true });
    }
  };
  const route = () => {
    let address = "";
    try { address = decodeURIComponent(location.hash.slice(1)); } catch { /* not an address of this page */ }
    const [, kind, id, anchor] = /^(unit|item)-([^/]+)(?:\/(.+))?$/.exec(address) ?? [];
    if (opened) listings.delete(opened);
    opened = null;
    const unit = kind === "unit" && byCode.get(id), item = kind === "item" && byItem.get(id);
    if (unit) open(unitPage(unit), unit.short, anchor);
    else if (item) open(itemPage(item), `${item.id} ${item.title}`);
    else close(address);
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && overview.contains(link)) [from, left] = [link, scrollY]; // before the browser itself goes to the unit's row
    if (link && link.getAttribute("href") === location.hash && location.hash) { event.preventDefault(); route(); }
    if (event.target.closest("[data-print]")) print();
  });

  // ---- search in everything

  const finder = $("finder"), find = $("find"), hits = $("hits"), hitCount = $("hit-count");
  const MOST = 8;
  let index = null;
  const searchable = () => [
    ...units.map((unit) => ({ kind: hits.dataset.unit, title: unit.short, more: `${unit.group} ${unit.state[0]}`, to: `unit-${unit.code}`, key: `${unit.short} ${unit.name} ${unit.code}` })),
    ...items.map((item) => ({ kind: hits.dataset.item, title: `${item.id} ${item.title}`, more: item.section.title, to: `item-${item.id}`, key: `${item.id} ${item.title} ${item.clause[1]}` })),
    ...(findings ? findings.all : []).map((row) => {
      const unit = byCode.get(row.dataset.u), cells = [...row.cells].map((each) => each.textContent.trim());
      return { kind: hits.dataset.finding, title: cells[3], more: `${cells[1]} ${cells[2]}`, to: unit ? `unit-${unit.code}/findings` : "findings", key: cells.join(" ") };
    }),
    ...files.map((file) => ({
      kind: hits.dataset.file, title: file.name, more: file.verdict[0], to: file.unit ? `unit-${file.unit.code}` : "files", key: `${file.name} ${file.said} ${file.unit?.short ?? file.other}`,
    })),
  ].map((entry) => ({ ...entry, key: plain(entry.key) }));
  const look = () => {
    const wanted = plain(find.value).split(/\s+/).filter(Boolean);
    hits.hidden = !wanted.length;
    if (!wanted.length) { hitCount.textContent = ""; return; }
    index ??= searchable();
    const found = index.filter(({ key }) => wanted.every((each) => key.includes(each)));
    const shown = [];
    for (const kind of new Set(found.map((each) => each.kind))) shown.push(...found.filter((each) => each.kind === kind).slice(0, MOST));
    hits.replaceChildren(...shown.map((each) => fill("t-hit", each)));
    if (shown.length < found.length) hits.append(fill("t-rest", { count: found.length - shown.length }));
    hitCount.textContent = found.length ? told(hitCount.dataset.some, { n: found.length }) : hitCount.dataset.none;
    if (!found.length) hits.append(Object.assign(document.createElement("li"), { textContent: hitCount.dataset.none }));
  };
  const shut = () => { hits.hidden = true; };
  finder.hidden = false;
  finder.addEventListener("submit", (event) => { event.preventDefault(); hits.querySelector("a")?.click(); });
  find.addEventListener("input", look);
  find.addEventListener("focus", () => { if (find.value) look(); });
  hits.addEventListener("click", (event) => { if (event.target.closest("a")) shut(); });
  finder.addEventListener("focusout", (event) => { if (!finder.contains(event.relatedTarget)) shut(); });
  finder.addEventListener("keydown", (event) => {
    const links = [...hits.querySelectorAll("a")], at = links.indexOf(document.activeElement);
    if (event.key === "Escape") { shut(); find.focus(); }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const next = at + (event.key === "ArrowDown" ? 1 : -1);
    if (next < 0) find.focus();
    else links[Math.min(next, links.length - 1)]?.focus();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, select, textarea")) { event.preventDefault(); find.focus(); }
  });

  // ---- light and dark

  const theme = $("theme"), system = matchMedia("(prefers-color-scheme: dark)");
  const kept = (value) => {
    try { return value ? localStorage.setItem("kaohe-theme", value) : localStorage.getItem("kaohe-theme"); } catch { return null; }
  };
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const pressed = () => theme.setAttribute("aria-pressed", String(dark()));
  if (["dark", "light"].includes(kept())) root.dataset.theme = kept();
  theme.hidden = false;
  theme.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; kept(root.dataset.theme); pressed(); });
  system.addEventListener("change", pressed);
  pressed();

  // ---- printing: whole lists, nothing folded

  addEventListener("beforeprint", () => {
    for (const listing of listings) listing.show(true);
    for (const each of document.querySelectorAll("details:not([open])")) { each.open = true; each.dataset.forPrint = ""; }
  });
  addEventListener("afterprint", () => {
    for (const listing of listings) listing.show();
    for (const each of document.querySelectorAll("details[data-for-print]")) { each.open = false; delete each.dataset.forPrint; }
  });

  // ---- the first page

  for (const list of document.querySelectorAll("ul.long")) shorten(list);
  for (const row of $("ranking-list").querySelectorAll("tbody tr")) row.dataset.g = byCode.get(row.id.slice("unit-".length)).groupIndex;
  new Listing($("ranking-list"));
  let findings = null;
  if ($("finding-list").querySelector("tbody")) {
    for (const row of $("finding-list").querySelectorAll("tbody tr")) row.dataset.g = byCode.get(row.dataset.u)?.groupIndex ?? "";
    findings = new Listing($("finding-list"));
    findings.all = [...findings.rows];
  }
  for (const each of document.querySelectorAll("[data-with-script]")) each.hidden = false;
  new Listing($("file-list"), files.map(fileRow));
  root.classList.remove("loading");
  addEventListener("hashchange", route);
  if (location.hash.length > 1) route();
});
document.documentElement.classList.add("loading");
