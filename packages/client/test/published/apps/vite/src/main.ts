import { connect } from '@realtime-lanes/client';

const list = document.querySelector('#orders');

connect({ url: location.origin })
  .subscribe('orders')
  .addEventListener('event', ({ detail }) => {
    list?.append(Object.assign(document.createElement('li'), { textContent: detail.data }));
  });
