// A result of the search quotes the article of a page, without the theme's buttons above it.
addEventListener('DOMContentLoaded', () => {
  if (typeof Search === 'undefined') return; // only the page of the search has it
  const textOf = Search.htmlToText;
  Search.htmlToText = (page, anchor) => {
    const article = new DOMParser().parseFromString(page, 'text/html').querySelector('article.bd-article');
    article?.setAttribute('role', 'main'); // where Sphinx looks
    return textOf(article?.outerHTML ?? page, anchor);
  };
});
