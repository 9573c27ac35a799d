import { connect } from '@realtime-lanes/client';
import { LanesProvider } from '@realtime-lanes/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Chat } from './chat.tsx';

// Whoever opens the page says where the lanes are: #url=…&token=…
const { room = 'chat', ...where } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
const root = createRoot(document.body.appendChild(document.createElement('main')));
const leave = () => root.render(<StrictMode>gone</StrictMode>);

root.render(
  <StrictMode>
    <LanesProvider connection={connect(where)}>
      <Chat room={room} />
    </LanesProvider>
    <button type="button" onClick={leave}>
      Leave
    </button>
  </StrictMode>,
);
