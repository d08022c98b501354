// Comfort for those who have scripts: every page works without it.
'use strict';

// A button that copies what an element holds, and says so.
function copies(button) {
	const source = document.getElementById(button.dataset.copy);
	const said = document.createElement('span');
	said.setAttribute('role', 'status');
	said.className = 'hint';
	button.after(' ', said);
	button.hidden = false;
	button.addEventListener('click', async () => {
		const text = 'value' in source ? source.value : source.textContent;
		try {
			await navigator.clipboard.writeText(text);
			said.textContent = button.dataset.done;
		} catch { // not allowed here: the reader copies what is selected
			if (source.select) source.select();
			else getSelection().selectAllChildren(source);
			said.textContent = button.dataset.failed;
		}
	});
}

// A box that ticks all boxes of a name in its form.
function ticksAll(box) {
	const all = () => [...box.form.elements].filter((other) => other.name === box.dataset.all);
	box.hidden = false;
	box.addEventListener('change', () => all().forEach((other) => { other.checked = box.checked; }));
	box.form.addEventListener('change', (event) => {
		if (event.target.name === box.dataset.all) box.checked = all().every((other) => other.checked);
	});
}

// A form is sent once: the answer to the first of two clicks may hold a password,
// and the answer to the second would be shown in its place.
function sendsOnce(form) {
	let sent = false;
	form.addEventListener('submit', (event) => {
		if (sent) event.preventDefault();
		sent = true;
	});
	addEventListener('pageshow', () => { sent = false; }); // came back to it
}

// A part of the page that is fetched anew until it comes without data-refresh, the
// number of seconds between.
function refreshes(part) {
	const seconds = Number(part.dataset.refresh);
	setTimeout(async () => {
		let next = part;
		try {
			const answer = await fetch(location.href, { redirect: 'error' });
			if (!answer.ok) throw new Error(answer.statusText);
			const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
			next = document.importNode(page.getElementById(part.id), true);
			const focused = reached(part).indexOf(document.activeElement);
			part.replaceWith(next);
			comforts(next);
			reached(next)[focused]?.focus(); // who is there with the keyboard stays there
		} catch { // the service is away, or the session has ended: the next one may tell
			part.dataset.refresh = Math.min(60, seconds * 2);
		}
		if (next.dataset.refresh) refreshes(next);
	}, seconds * 1000);
}

// What the keyboard can reach in a part of the page.
const reached = (part) => [...part.querySelectorAll('a, button, input, [tabindex]')];

function comforts(part) {
	part.querySelectorAll('[data-copy]').forEach(copies);
	part.querySelectorAll('[data-all]').forEach(ticksAll);
	part.querySelectorAll('form[method=post]:not([data-again])').forEach(sendsOnce);
}

comforts(document);
document.querySelectorAll('[data-refresh]').forEach(refreshes);
