// What is wrong with the page as it is shown now, for people who see little, use a
// keyboard, a phone or a screen reader: a line for each defect (WCAG 2.2 AA).
(() => {
	'use strict';
	const found = [];
	const all = (selector) => [...document.querySelectorAll(selector)];
	const wrong = (what, element) => found.push(element ? `${what}: ${name(element)}` : what);
	const name = (e) => `<${e.localName}${e.id ? ' id=' + e.id : ''}${e.className ? ' class=' + e.className : ''}> ${(e.innerText || e.value || '').trim().slice(0, 40)}`;
	const box = (e) => e.getBoundingClientRect();
	const shown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && box(e).width > 0 && box(e).height > 0 && box(e).right > 0;

	// Colours: [red, green, blue, alpha], 0 to 255 and 0 to 1.
	const colour = (text) => {
		const n = (text.match(/[\d.]+/g) || []).map(Number);
		return text.startsWith('color(') ? [n[0] * 255, n[1] * 255, n[2] * 255, n[3] ?? 1] : [n[0], n[1], n[2], n[3] ?? 1];
	};
	const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
	const behind = (e) => {
		const layers = [];
		for (; e; e = e.parentElement) {
			layers.push(colour(getComputedStyle(e).backgroundColor));
			if (layers.at(-1)[3] === 1) break;
		}
		const canvas = matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1];
		return layers.reverse().reduce((below, top) => over(top, below), canvas);
	};
	const light = (c) => {
		const [r, g, b] = c.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const contrast = (top, below) => {
		const [a, b] = [light(over(top, below)), light(below)].sort((x, y) => y - x);
		return (a + 0.05) / (b + 0.05);
	};
	const readable = (e, style, what) => {
		const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
		const is = contrast(colour(style.color), behind(e)), least = large ? 3 : 4.5;
		if (is < least) wrong(`${what} has a contrast of ${is.toFixed(2)}, not ${least}`, e);
	};

	function colours() {
		const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		const seen = new Set();
		for (let text = texts.nextNode(); text; text = texts.nextNode()) {
			const e = text.parentElement;
			if (!text.data.trim() || seen.has(e) || !shown(e) || e.closest(':disabled, script, option')) continue;
			seen.add(e);
			readable(e, getComputedStyle(e), 'text');
		}
		for (const e of all('input:not([type=hidden]), select, textarea').filter(shown)) {
			const style = getComputedStyle(e);
			if (!['checkbox', 'radio'].includes(e.type)) {
				readable(e, style, 'what is typed');
				if (e.placeholder) readable(e, getComputedStyle(e, '::placeholder'), 'placeholder');
				const edge = contrast(colour(style.borderTopColor), behind(e.parentElement));
				if (parseFloat(style.borderTopWidth) < 1 || edge < 3) wrong(`the edge of a field has a contrast of ${edge.toFixed(2)}, not 3`, e);
			}
		}
		for (const e of all('main p a, main li a, main dd a').filter(shown)) {
			const alone = e.parentElement.innerText.trim() === e.innerText.trim();
			if (!alone && !e.classList.contains('button') && !getComputedStyle(e).textDecorationLine.includes('underline')) wrong('a link is told from text by its colour alone', e);
		}
	}

	function structure() {
		if (!['ja', 'en'].includes(document.documentElement.lang)) wrong('the page has no language');
		if (document.title.trim().length < 5) wrong('the page has no title');
		if (document.doctype === null) wrong('no doctype');
		const zoom = document.querySelector('meta[name=viewport]')?.content || '';
		if (!zoom.includes('width=device-width') || /user-scalable=no|maximum-scale/.test(zoom)) wrong('the page can\'t be zoomed, or is not for phones');
		for (const [selector, what] of [['main', 'the content'], ['h1', 'a first heading'], ['body > header', 'a header']]) {
			if (all(selector).length !== 1) wrong(`${all(selector).length} of ${what}`);
		}
		if (!document.querySelector('main h1')) wrong('the first heading is not in the content');
		const skip = document.querySelector('a[href="#main"]');
		if (!skip || document.querySelector('a, button, input') !== skip) wrong('nothing skips to the content');
		let level = 0;
		for (const h of all('h1, h2, h3, h4, h5, h6')) {
			const is = Number(h.localName[1]);
			if (is > level + 1) wrong(`a heading of level ${is} after one of ${level}`, h);
			if (!h.innerText.trim() && shown(h)) wrong('an empty heading', h);
			level = is;
		}
		const navs = all('nav').map((n) => n.getAttribute('aria-label') || '');
		if (navs.length > 1 && new Set(navs).size !== navs.length) wrong('navigations that have no names of their own');
		const ids = all('[id]').map((e) => e.id);
		ids.filter((id, i) => ids.indexOf(id) !== i).forEach((id) => wrong(`the id ${id} stands there twice`));
		for (const attribute of ['for', 'aria-describedby', 'aria-labelledby', 'aria-controls']) {
			for (const e of all(`[${attribute}]`)) {
				for (const id of e.getAttribute(attribute).split(/\s+/)) if (!document.getElementById(id)) wrong(`${attribute} points at nothing: ${id}`, e);
			}
		}
		for (const e of all('img')) if (!e.hasAttribute('alt')) wrong('a picture without a text', e);
		for (const e of all('[tabindex]')) if (e.tabIndex > 0) wrong('an order of its own for the keyboard', e);
		for (const e of all('table th:not([scope])')) wrong('a heading of a table that doesn\'t say of what', e);
		for (const e of all('table')) if (!e.caption && !e.closest('[role=region][aria-label], [role=region][aria-labelledby]')) wrong('a table without a name', e);
		for (const e of all('ul, ol')) if ([...e.children].some((c) => c.localName !== 'li')) wrong('a list with something else in it', e);
	}

	function forms() {
		for (const e of all('[aria-invalid=true]')) {
			const said = (e.getAttribute('aria-describedby') || '').split(/\s+/).map((id) => document.getElementById(id));
			if (!said.some((s) => s && s.getAttribute('role') === 'alert' && s.innerText.trim())) wrong('what is wrong with a field is not said with it', e);
		}
		for (const e of all('p.wrong')) if (e.getAttribute('role') !== 'alert' || !document.querySelector(`[aria-describedby~="${e.id}"]`)) wrong('an error that belongs to no field', e);
		for (const e of all('.note.error')) if (!['alert', 'note'].includes(e.getAttribute('role'))) wrong('an error that is not announced', e);
		for (const e of all('.note.done')) if (e.getAttribute('role') !== 'status') wrong('a message that is not announced', e);
		for (const e of all('input[type=radio]')) if (!e.closest('fieldset')?.querySelector('legend')) wrong('choices without a question', e);
		for (const e of all('input[type=password]')) if (!['current-password', 'new-password'].includes(e.autocomplete)) wrong('a password that no password manager knows', e);
		for (const e of all('input:not([type=hidden]):not([hidden]), select, textarea').filter(shown)) if (e.labels && !e.labels.length && !e.getAttribute('aria-label')) wrong('a field without a label', e);
	}

	// At least 24 pixels each way, or as far from all others as if it were (2.5.8);
	// links in a line of text are excepted.
	function targets() {
		const area = (e) => {
			const rects = [e, ...(e.labels || [])].filter(shown).map(box).filter((r) => r.width);
			return rects.sort((a, b) => b.width * b.height - a.width * a.height)[0] || box(e);
		};
		const those = all('a[href], button, input:not([type=hidden]), select, textarea, summary').filter(shown).filter((e) => !e.disabled);
		for (const e of those) {
			const r = area(e);
			if (r.width >= 24 && r.height >= 24) continue;
			const line = e.localName === 'a' && getComputedStyle(e).display === 'inline' && e.parentElement.innerText.trim() !== e.innerText.trim();
			if (line) continue;
			const x = r.left + r.width / 2, y = r.top + r.height / 2;
			const near = those.find((other) => {
				if (other === e) return false;
				const o = area(other), dx = Math.max(o.left - x, 0, x - o.right), dy = Math.max(o.top - y, 0, y - o.bottom);
				return Math.hypot(dx, dy) < 12;
			});
			if (near || r.height < 18) wrong(`a target of ${Math.round(r.width)}×${Math.round(r.height)}, not 24×24`, e);
		}
	}

	function width() {
		const view = document.documentElement.clientWidth;
		if (document.scrollingElement.scrollWidth > view) wrong(`the page is ${document.scrollingElement.scrollWidth} wide in a window of ${view}`);
		for (const e of all('body *').filter(shown)) if (box(e).right > view + 1 && !e.closest('.scroll')) wrong(`reaches ${Math.round(box(e).right - view)} out of the window`, e);
		for (const e of all('.scroll').filter(shown)) if (e.scrollWidth > e.clientWidth && e.tabIndex !== 0) wrong('can\'t be scrolled by keyboard', e);
		for (const e of all('button, .button, td, th, dd, dt, li, p, label, legend').filter(shown)) if (e.scrollWidth > e.clientWidth + 2 && getComputedStyle(e).display !== 'inline' && getComputedStyle(e).overflowX !== 'visible' && getComputedStyle(e).clipPath === 'none') wrong('text that is cut off', e);
		for (const e of all('input[readonly]').filter(shown)) if (e.value.length <= 40 && e.scrollWidth > e.clientWidth + 2) wrong('what a field shows is cut off', e);
		for (const e of all('dd, td, th, p, li, label').filter(shown)) {
			const em = parseFloat(getComputedStyle(e).fontSize), inner = e.clientWidth - parseFloat(getComputedStyle(e).paddingLeft) - parseFloat(getComputedStyle(e).paddingRight);
			if (inner < 4 * em && e.innerText.trim().length > 8 && box(e).height > 5 * em && getComputedStyle(e).clipPath === 'none') wrong('text in a column that is too narrow', e);
		}
	}

	colours();
	structure();
	forms();
	targets();
	width();
	return found;
})()
